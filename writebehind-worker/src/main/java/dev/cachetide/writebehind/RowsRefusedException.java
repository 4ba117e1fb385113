package dev.cachetide.writebehind;

import org.jspecify.annotations.Nullable;

/** Postgres will not take these rows, now or later. */
final class RowsRefusedException extends Exception {

  private static final long serialVersionUID = 1L;

  private final @Nullable String sqlState;

  /**
   * Says why.
   *
   * @param reason for the dead letter table, never for a log: may quote a value
   * @param sqlState null when Postgres raised no error
   */
  RowsRefusedException(String reason, @Nullable String sqlState) {
    super(reason);
    this.sqlState = sqlState;
  }

  @Nullable String sqlState() {
    return sqlState;
  }
}
