package dev.cachetide.writebehind;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.apache.kafka.common.TopicPartition;

/**
 * Claimed partitions that were added to a topic in use, and wait for the older ones.
 *
 * <p>When partitions are added, the writes of a row move from one to another. So an added partition
 * begins only once each older one is applied up to where it ended when the added one was claimed:
 * whatever was accepted before is done then. A write that a producer sends to the old partition
 * later, because it does not know of the new one yet, is not waited for.
 *
 * <p>None waits for another one that waits, so that no two ever wait for each other. Confined to
 * the loop's thread.
 */
final class AddedPartitions {

  private static final long BETWEEN_LOOKS_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  private final Claims.Logs logs;
  private final OffsetTable offsets;
  private final LongSupplier nanoTime;
  private final Map<TopicPartition, Waiting> waiting = new HashMap<>();
  private final Map<TopicPartition, Backlog> backlogs = new HashMap<>();
  private Map<TopicPartition, Long> seen = Map.of();
  private long lookedAt;

  AddedPartitions(Claims.Logs logs, OffsetTable offsets, LongSupplier nanoTime) {
    this.logs = logs;
    this.offsets = offsets;
    this.nanoTime = nanoTime;
    lookedAt = nanoTime.getAsLong();
  }

  /**
   * Makes a partition wait.
   *
   * @param now what Kafka holds of the topic
   * @param known how far each older partition is applied
   */
  void add(
      TopicPartition added,
      Map<TopicPartition, PartitionLog> now,
      Map<TopicPartition, Long> known) {
    Map<TopicPartition, Long> ends = new HashMap<>();
    now.forEach(
        (partition, log) -> {
          if (known.getOrDefault(partition, OffsetTable.NOT_BEGUN) != OffsetTable.NOT_BEGUN) {
            ends.put(partition, log.end());
          }
        });
    ends.remove(added);
    waiting.put(added, new Waiting(now, ends));
  }

  Set<TopicPartition> all() {
    return Set.copyOf(waiting.keySet());
  }

  void forget(Collection<TopicPartition> partitions) {
    List.copyOf(partitions).forEach(waiting::remove);
  }

  /** Those that wait for nothing more. Looks a few times a second, and not when none waits. */
  List<TopicPartition> due(Connection connection) throws SQLException {
    if (waiting.isEmpty() || nanoTime.getAsLong() - lookedAt < BETWEEN_LOOKS_NANOS) {
      return List.of();
    }
    List<TopicPartition> due = new ArrayList<>();
    Map<TopicPartition, Long> now = new HashMap<>();
    for (var entry : waiting.entrySet()) {
      Waiting one = entry.getValue();
      Map<TopicPartition, Long> applied =
          offsets.known(connection, entry.getKey().topic(), one.now());
      one.ends().entrySet().removeIf(end -> isDone(end.getKey(), end.getValue(), applied));
      now.putAll(applied);
      if (one.ends().isEmpty()) {
        due.add(entry.getKey());
      }
    }
    seen = now;
    lookedAt = nanoTime.getAsLong();
    return due;
  }

  /**
   * What follows the last record may be a transaction's marker, which nobody applies. Kafka is
   * asked only of a partition that rests, and once for each place where it does.
   */
  private boolean isDone(TopicPartition older, long end, Map<TopicPartition, Long> applied) {
    long next = applied.getOrDefault(older, OffsetTable.NOT_BEGUN);
    if (next >= end) {
      return true;
    }
    Backlog backlog = new Backlog(next, end);
    if (next < 0
        || seen.getOrDefault(older, OffsetTable.NOT_BEGUN) != next
        || backlog.equals(backlogs.get(older))) {
      return false;
    }
    boolean done = !logs.holdsRecords(older, next, end);
    if (!done) {
      backlogs.put(older, backlog);
    }
    return done;
  }

  /**
   * What a partition waits for.
   *
   * @param now the topic when it began to wait
   * @param ends offsets that the older partitions have not reached yet
   */
  private record Waiting(Map<TopicPartition, PartitionLog> now, Map<TopicPartition, Long> ends) {}

  /** Records that are known to be there: some from one offset on and before another. */
  private record Backlog(long from, long to) {}
}
