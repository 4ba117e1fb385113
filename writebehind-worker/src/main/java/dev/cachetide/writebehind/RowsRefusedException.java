package dev.cachetide.writebehind;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Postgres will not take these rows, now or later. */
final class RowsRefusedException extends Exception {

  private static final long serialVersionUID = 1L;

  private final @Nullable String sqlState;
  private final transient Set<RowKey> rows;

  /**
   * Says why.
   *
   * @param reason for the dead letter table, never for a log: may quote a value
   * @param sqlState null when Postgres raised no error
   */
  RowsRefusedException(String reason, @Nullable String sqlState) {
    this(reason, sqlState, Set.of());
  }

  /**
   * The same, where it is known of which rows.
   *
   * @param rows those of the statement that are all but certain to be refused again
   */
  RowsRefusedException(String reason, @Nullable String sqlState, Set<RowKey> rows) {
    super(reason);
    this.sqlState = sqlState;
    this.rows = Set.copyOf(rows);
  }

  @Nullable String sqlState() {
    return sqlState;
  }

  /** Rows that are at fault; empty where Postgres did not say. */
  Set<RowKey> rows() {
    return rows;
  }
}
