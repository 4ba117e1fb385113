package dev.cachetide.cli.parked;

import dev.cachetide.writebehind.ParkedWrite.State;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One thing set aside, as a list shows it: nothing here quotes a row's value.
 *
 * @param at when it was set aside
 * @param topic where the record itself was, with {@code partition} and {@code offset}
 * @param table {@code schema.table}; null when it is of none, or cannot be read
 * @param sqlState null when Postgres raised no error
 * @param resolvedAt null while it is parked
 */
public record Letter(
    LetterId id,
    Instant at,
    Sort sort,
    String topic,
    int partition,
    long offset,
    @Nullable String table,
    String reason,
    @Nullable String sqlState,
    State state,
    @Nullable Instant resolvedAt) {

  /** What it is. */
  public enum Sort {
    /** A write command that was refused. */
    WRITE("write"),
    /** A write command that lost against another change. */
    CONFLICT("conflict"),
    /** A change event. */
    EVENT("event"),
    /** A request of an application to evict. */
    REQUEST("request");

    private final String word;

    Sort(String word) {
      this.word = word;
    }

    /** As people read it. */
    @Override
    public String toString() {
      return word;
    }
  }
}
