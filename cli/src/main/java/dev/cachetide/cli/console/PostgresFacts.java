package dev.cachetide.cli.console;

import dev.cachetide.runtime.postgres.Pause;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What Postgres tells of a pipeline at one moment.
 *
 * @param slot null when there is none
 * @param generations newest first
 * @param parkedWrites refused write commands that nobody has dealt with, as far as they are
 *     counted; null before ingest or a worker has made Cachetide's tables
 * @param conflicts lost write commands, the same way
 * @param newest the last of both that were set aside
 */
record PostgresFacts(
    @Nullable Slot slot,
    List<Generation> generations,
    List<Pause> pauses,
    @Nullable Long parkedWrites,
    @Nullable Long conflicts,
    List<SetAside> newest) {

  PostgresFacts {
    generations = List.copyOf(generations);
    pauses = List.copyOf(pauses);
    newest = List.copyOf(newest);
  }

  /**
   * The replication slot.
   *
   * @param lagBytes null while it has acknowledged nothing
   * @param retainedBytes null when it retains nothing any more
   * @param safeBytes null without {@code max_slot_wal_keep_size}
   */
  record Slot(
      boolean active,
      @Nullable String walStatus,
      @Nullable Long lagBytes,
      @Nullable Long retainedBytes,
      @Nullable Long safeBytes) {}

  /** What was made old, last when and why. */
  record Generation(String scope, long number, String reason, Instant at) {}

  /** A write command that was set aside; {@code id} as {@code dead-letters list} writes it. */
  record SetAside(
      String id, boolean conflict, @Nullable String table, @Nullable String sqlState, Instant at) {}
}
