package dev.cachetide.writebehind;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The partitions that this worker has claimed in Postgres, and how far each has been applied.
 *
 * <p>Confined to the loop's thread.
 */
final class Claims {

  private static final Logger log = LoggerFactory.getLogger(Claims.class);
  static final Comparator<TopicPartition> ORDER =
      Comparator.comparing(TopicPartition::topic).thenComparingInt(TopicPartition::partition);

  private final Logs logs;
  private final OffsetTable offsets;
  private final WriteBehindMeters meters;
  private final Map<TopicPartition, Claim> held = new HashMap<>();
  private final Set<TopicPartition> fenced = new HashSet<>();
  private final Map<TopicPartition, Long> starts = new HashMap<>();
  private final AddedPartitions added;

  Claims(Logs logs, OffsetTable offsets, WriteBehindMeters meters) {
    this.logs = logs;
    this.offsets = offsets;
    this.meters = meters;
    added = new AddedPartitions(logs, offsets, System::nanoTime);
  }

  /**
   * Takes partitions over, in one transaction of its own.
   *
   * @throws SQLException when the environment failed; to be tried again
   * @throws KafkaException when Kafka did not say what the partitions hold; to be tried again
   * @throws GiveUpException when accepted writes are gone, or Postgres has gone back in time
   */
  void take(Connection connection, Collection<TopicPartition> partitions)
      throws SQLException, GiveUpException {
    Map<TopicPartition, Claim> taken = new HashMap<>();
    for (String topic : new TreeSet<>(partitions.stream().map(TopicPartition::topic).toList())) {
      Map<TopicPartition, PartitionLog> now = logs.describe(topic);
      Map<TopicPartition, Long> known = offsets.known(connection, topic, now);
      for (TopicPartition partition : partitions.stream().sorted(ORDER).toList()) {
        if (partition.topic().equals(topic)) {
          PartitionLog partitionLog = now.get(partition);
          if (partitionLog == null) {
            throw new KafkaException("Kafka does not know a partition that it has assigned");
          }
          Claim claim = take(connection, partition, partitionLog);
          taken.put(partition, claim);
          starts.put(partition, partitionLog.start());
          if (claim.nextOffset() == OffsetTable.NOT_BEGUN) {
            wait(partition, now, known);
          }
        }
      }
    }
    connection.commit();
    held.putAll(taken);
    fenced.removeAll(taken.keySet());
  }

  private void wait(
      TopicPartition partition,
      Map<TopicPartition, PartitionLog> now,
      Map<TopicPartition, Long> known) {
    added.add(partition, now, known);
    log.atInfo()
        .addKeyValue("topic", partition.topic())
        .addKeyValue("partition", partition.partition())
        .log("partition was added: it waits until the older ones are applied as far as they go");
  }

  /** Partitions that were added and wait for the older ones: nothing of them may be applied. */
  Set<TopicPartition> waiting() {
    return added.all();
  }

  /** The offset to read from. */
  long start(TopicPartition partition) {
    long next = of(partition).nextOffset();
    return next == OffsetTable.NOT_BEGUN ? starts.getOrDefault(partition, 0L) : next;
  }

  /**
   * Lets waiting partitions begin for which everything older is applied.
   *
   * @throws SQLException when the environment failed; to be tried again
   * @throws GiveUpException as {@link #take}
   */
  void beginAdded(Connection connection) throws SQLException, GiveUpException {
    for (TopicPartition partition : added.due(connection)) {
      Claim begun = new Claim(of(partition).epoch(), start(partition));
      if (offsets.guard(connection, partition, of(partition), begun.nextOffset())) {
        connection.commit();
        held.put(partition, begun);
        added.forget(List.of(partition));
        log.atInfo()
            .addKeyValue("topic", partition.topic())
            .addKeyValue("partition", partition.partition())
            .log("partition begins");
      } else {
        connection.rollback();
        added.forget(List.of(partition));
        take(connection, List.of(partition));
      }
    }
    connection.rollback();
  }

  private Claim take(Connection connection, TopicPartition partition, PartitionLog partitionLog)
      throws SQLException, GiveUpException {
    OffsetTable.Claimed claimed = offsets.claim(connection, partition, partitionLog);
    if (claimed.topicRecreated()) {
      meters.topicRecreated();
      log.atWarn()
          .addKeyValue("topic", partition.topic())
          .addKeyValue("partition", partition.partition())
          .log("topic was made anew: its offsets are void, beginning at its start");
    }
    long next = claimed.claim().nextOffset();
    if (next != OffsetTable.NOT_BEGUN && next < partitionLog.start()) {
      throw new GiveUpException(
          "partition %s: accepted writes from offset %d to %d were removed before they were applied;"
                  .formatted(partition, next, partitionLog.start() - 1)
              + " raise writebehind.retention, and to go on without them set next_offset = "
              + partitionLog.start()
              + " in cachetide.consumer_offset");
    }
    Claim before = held.get(partition);
    if (before != null && next < before.nextOffset() && !claimed.topicRecreated()) {
      throw wentBack(partition);
    }
    return claimed.claim();
  }

  boolean isEmpty() {
    return held.isEmpty();
  }

  Claim of(TopicPartition partition) {
    Claim claim = held.get(partition);
    if (claim == null) {
      throw new IllegalStateException("records of a partition that was never claimed");
    }
    return claim;
  }

  void committed(TopicPartition partition, Claim claim) {
    held.put(partition, claim);
  }

  /**
   * Learns what stands in Postgres instead of the claim.
   *
   * @return true when it is still ours, and further than we knew
   * @throws GiveUpException when Postgres has gone back in time
   */
  boolean correct(TopicPartition partition, Claim actual) throws GiveUpException {
    Claim mine = of(partition);
    if (actual.epoch() != mine.epoch()) {
      fenced.add(partition);
      meters.fenced();
      log.atInfo()
          .addKeyValue("topic", partition.topic())
          .addKeyValue("partition", partition.partition())
          .addKeyValue("epoch", mine.epoch())
          .log("fenced: another worker has claimed the partition");
      return false;
    }
    if (actual.nextOffset() < mine.nextOffset()) {
      throw wentBack(partition);
    }
    log.atInfo()
        .addKeyValue("topic", partition.topic())
        .addKeyValue("partition", partition.partition())
        .addKeyValue("next", actual.nextOffset())
        .log("a commit without an answer had happened");
    held.put(partition, actual);
    return true;
  }

  boolean isFenced(TopicPartition partition) {
    return fenced.contains(partition);
  }

  void forget(Collection<TopicPartition> partitions) {
    List.copyOf(partitions).forEach(held::remove);
    List.copyOf(partitions).forEach(fenced::remove);
    List.copyOf(partitions).forEach(starts::remove);
    added.forget(partitions);
  }

  private static GiveUpException wentBack(TopicPartition partition) {
    return new GiveUpException(
        "partition "
            + partition
            + ": Postgres has an older offset than this worker has seen committed there, as after a"
            + " failover or a restore; start again to apply from that offset on");
  }

  /** What Kafka holds. */
  interface Logs {
    /**
     * Describes all partitions of a topic; none when it does not exist.
     *
     * @throws KafkaException when Kafka does not answer in time
     * @throws GiveUpException when the topic does not keep what it has accepted
     */
    Map<TopicPartition, PartitionLog> describe(String topic) throws GiveUpException;

    /**
     * Whether there is a record that can be read from one offset on and before another; true when
     * that is not certain.
     *
     * @throws KafkaException when Kafka does not answer in time
     */
    boolean holdsRecords(TopicPartition partition, long from, long to);
  }
}
