package dev.cachetide.cli.look;

import dev.cachetide.ingest.IngestSessions;
import dev.cachetide.runtime.postgres.Pause;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What Postgres tells of a pipeline at one moment.
 *
 * @param slot null when there is none
 * @param ingest its processes, the active one first
 * @param tables null before ingest or a worker has made Cachetide's tables
 */
public record PostgresFacts(
    @Nullable Slot slot, List<IngestSessions.Session> ingest, @Nullable Tables tables) {

  /** Copies the list. */
  public PostgresFacts {
    ingest = List.copyOf(ingest);
  }

  /** What was made old, newest first. */
  public List<Generation> generations() {
    return tables == null ? List.of() : tables.generations();
  }

  /** The generation of the whole pipeline; empty while it was never raised. */
  public Optional<Generation> generation() {
    return generations().stream().filter(each -> each.scope().equals("*")).findFirst();
  }

  /** What is paused, oldest first. */
  public List<Pause> pauses() {
    return tables == null ? List.of() : tables.pauses();
  }

  /** The last writes that were set aside. */
  public List<SetAside> newest() {
    return tables == null ? List.of() : tables.writes().newest();
  }

  /**
   * What stands in Cachetide's tables.
   *
   * @param generations newest first
   * @param certified run ids of the Redis servers that are known to have missed no eviction
   */
  public record Tables(
      List<Generation> generations, Set<String> certified, List<Pause> pauses, Writes writes) {
    /** Copies the collections. */
    public Tables {
      generations = List.copyOf(generations);
      certified = Set.copyOf(certified);
      pauses = List.copyOf(pauses);
    }
  }

  /**
   * What became of writes.
   *
   * @param parked refused write commands that nobody has dealt with, as far as they are counted
   * @param conflicts lost write commands, the same way
   * @param newest the last of both that were set aside
   * @param epochs of the write topic's partitions, in their order
   */
  public record Writes(long parked, long conflicts, List<SetAside> newest, List<Epoch> epochs) {
    /** Copies the lists. */
    public Writes {
      newest = List.copyOf(newest);
      epochs = List.copyOf(epochs);
    }
  }

  /**
   * The replication slot.
   *
   * @param confirmed up to where in the WAL ingest has acknowledged; null while it has not
   * @param lagBytes how far that is from the present; null like it
   * @param retainedBytes null when it retains nothing any more
   * @param safeBytes null without {@code max_slot_wal_keep_size}
   */
  public record Slot(
      String name,
      boolean active,
      @Nullable String walStatus,
      @Nullable String confirmed,
      @Nullable Long lagBytes,
      @Nullable Long retainedBytes,
      @Nullable Long safeBytes) {}

  /** What was made old, last when and why. */
  public record Generation(String scope, long number, String reason, Instant at) {}

  /** A write command that was set aside; {@code id} as {@code dead-letters list} writes it. */
  public record SetAside(
      String id, boolean conflict, @Nullable String table, @Nullable String sqlState, Instant at) {}

  /**
   * Who may apply a partition's writes.
   *
   * @param number grows with every owner: a transaction under an older one touches no row
   * @param next the offset of the first record that is not applied
   */
  public record Epoch(String topic, int partition, long number, long next) {}
}
