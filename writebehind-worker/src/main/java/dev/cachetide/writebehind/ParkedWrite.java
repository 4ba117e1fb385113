package dev.cachetide.writebehind;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A write command that was accepted and not applied, as it is recorded.
 *
 * @param id names it among those of its kind; a later one has a higher id
 * @param writeId the writer's own name for it; null when it has none or cannot be read
 * @param table {@code schema.table}; null when it cannot be read
 * @param command the record's value; null when it had none, and in a list
 * @param reason may quote a row's value
 * @param sqlState null when Postgres raised no error
 * @param found of a conflict: text of the version that the row had; null when there was no row, and
 *     of a dead letter
 * @param traceparent the span that the writer published it in, as W3C Trace Context has it; null
 *     when it was in none
 * @param resolvedAt null while it is parked
 */
@SuppressWarnings("ArrayRecordComponent") // only shown, never compared
public record ParkedWrite(
    Kind kind,
    long id,
    String topic,
    int partition,
    long offset,
    @Nullable String writeId,
    @Nullable String table,
    byte @Nullable [] command,
    String reason,
    @Nullable String sqlState,
    @Nullable String found,
    @Nullable String traceparent,
    Instant parkedAt,
    State state,
    @Nullable Instant resolvedAt) {

  /** Why it was not applied, and so which table holds it. */
  public enum Kind {
    /** In {@code cachetide.dead_letter}: no command, or refused by its table or Postgres. */
    DEAD_LETTER,
    /**
     * In {@code cachetide.conflict}: its row no longer had the version that the writer had seen.
     */
    CONFLICT
  }

  /** What an operator has done about it. */
  public enum State {
    /** Nothing yet. */
    PARKED,
    /** It was published again. */
    REPLAYED,
    /** It is not to be applied. */
    DISCARDED
  }
}
