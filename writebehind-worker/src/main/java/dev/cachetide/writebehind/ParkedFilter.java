package dev.cachetide.writebehind;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Which parked writes to list: those that match all that is not null.
 *
 * @param table {@code schema.table}
 * @param sqlState whole, or its first characters: {@code 23} for every constraint
 * @param reason a part of it, case ignored
 * @param since parked at that moment or later
 */
public record ParkedFilter(
    ParkedWrite.Kind kind,
    ParkedWrite.@Nullable State state,
    @Nullable String table,
    @Nullable String sqlState,
    @Nullable String reason,
    @Nullable Instant since) {

  /** All of a kind. */
  public static ParkedFilter of(ParkedWrite.Kind kind) {
    return new ParkedFilter(kind, null, null, null, null, null);
  }

  /** Those in a state. */
  public ParkedFilter in(ParkedWrite.State only) {
    return new ParkedFilter(kind, only, table, sqlState, reason, since);
  }

  /** Those of a table, named {@code schema.table}. */
  public ParkedFilter of(String onlyTable) {
    return new ParkedFilter(kind, state, onlyTable, sqlState, reason, since);
  }

  /** Those whose SQLState begins so. */
  public ParkedFilter failedWith(String prefix) {
    return new ParkedFilter(kind, state, table, prefix, reason, since);
  }

  /** Those whose reason contains a text. */
  public ParkedFilter because(String part) {
    return new ParkedFilter(kind, state, table, sqlState, part, since);
  }

  /** Those that were parked at a moment or later. */
  public ParkedFilter since(Instant moment) {
    return new ParkedFilter(kind, state, table, sqlState, reason, moment);
  }
}
