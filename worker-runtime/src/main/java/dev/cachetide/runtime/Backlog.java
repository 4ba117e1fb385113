package dev.cachetide.runtime;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * How many records wait behind given offsets, and since when. Asks the brokers and nobody else, so
 * that a worker that stands still and somebody who looks on come to the same answer. For one
 * thread.
 */
final class Backlog implements AutoCloseable {

  private static final int PATIENCE_MILLIS = 3_000;
  private static final Duration READ_LIMIT = Duration.ofSeconds(2);

  private final Admin admin;
  private final OldestRecords records;

  /** What was found of partitions whose offset has not moved since: their oldest is the same. */
  private Map<TopicPartition, Waiting> before = Map.of();

  /** Both clients are its own from now on. */
  Backlog(Admin admin, OldestRecords records) {
    this.admin = admin;
    this.records = records;
  }

  /**
   * What waits at these offsets and behind them; nothing of a transaction that is still open.
   *
   * @throws ExecutionException when the brokers do not answer
   * @throws org.apache.kafka.common.KafkaException when a record cannot be read
   */
  Map<TopicPartition, Waiting> behind(Map<TopicPartition, Long> offsets)
      throws ExecutionException, InterruptedException {
    Map<TopicPartition, Long> ends = ends(offsets.keySet());
    Map<TopicPartition, Waiting> found = new HashMap<>();
    Map<TopicPartition, Long> unread = new HashMap<>();
    ends.forEach(
        (partition, end) -> {
          long offset = offsets.getOrDefault(partition, end);
          Instant since = offset < end ? knownSince(partition, offset) : null;
          found.put(partition, new Waiting(offset, end, since));
          if (offset < end && since == null) {
            unread.put(partition, offset);
          }
        });
    if (!unread.isEmpty()) {
      records
          .at(unread, ends, READ_LIMIT)
          .forEach((partition, time) -> found.computeIfPresent(partition, (p, w) -> w.since(time)));
    }
    before = found;
    return found;
  }

  private @Nullable Instant knownSince(TopicPartition partition, long offset) {
    Waiting last = before.get(partition);
    return last != null && last.offset() == offset ? last.since() : null;
  }

  private Map<TopicPartition, Long> ends(Set<TopicPartition> partitions)
      throws ExecutionException, InterruptedException {
    if (partitions.isEmpty()) {
      admin.describeCluster(new DescribeClusterOptions().timeoutMs(PATIENCE_MILLIS)).nodes().get();
      return Map.of();
    }
    Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
    partitions.forEach(partition -> latest.put(partition, OffsetSpec.latest()));
    ListOffsetsOptions options = new ListOffsetsOptions(IsolationLevel.READ_COMMITTED);
    Map<TopicPartition, Long> ends = new HashMap<>();
    admin
        .listOffsets(latest, options.timeoutMs(PATIENCE_MILLIS))
        .all()
        .get()
        .forEach((partition, info) -> ends.put(partition, info.offset()));
    return ends;
  }

  @Override
  public void close() {
    records.close();
    admin.close(Duration.ofSeconds(1));
  }

  /**
   * What waits in one partition.
   *
   * @param since when the oldest of it came to be; null when nothing waits, or it is not known
   */
  record Waiting(long offset, long end, @Nullable Instant since) {

    private Waiting since(Instant time) {
      return time.equals(Instant.MAX)
          ? new Waiting(end, end, null)
          : new Waiting(offset, end, time);
    }

    long records() {
      return Math.max(0, end - offset);
    }

    /** How long the oldest has waited; NaN when something waits and nobody knows since when. */
    double seconds(Instant now) {
      if (records() == 0) {
        return 0;
      }
      // Two clocks: what was committed a moment ago may seem to lie ahead.
      return since == null ? Double.NaN : Math.max(0, Duration.between(since, now).toNanos() / 1e9);
    }
  }
}
