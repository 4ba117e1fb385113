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
  private static final Comparator<TopicPartition> ORDER =
      Comparator.comparing(TopicPartition::topic).thenComparingInt(TopicPartition::partition);

  private final Logs logs;
  private final OffsetTable offsets;
  private final WriteBehindMeters meters;
  private final Map<TopicPartition, Claim> held = new HashMap<>();
  private final Set<TopicPartition> fenced = new HashSet<>();

  Claims(Logs logs, OffsetTable offsets, WriteBehindMeters meters) {
    this.logs = logs;
    this.offsets = offsets;
    this.meters = meters;
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
    Map<TopicPartition, PartitionLog> now = logs.describe(partitions);
    Map<TopicPartition, Claim> taken = new HashMap<>();
    for (TopicPartition partition : partitions.stream().sorted(ORDER).toList()) {
      PartitionLog partitionLog = now.get(partition);
      if (partitionLog == null) {
        throw new KafkaException("Kafka does not know a partition that it has assigned");
      }
      taken.put(partition, take(connection, partition, partitionLog));
    }
    connection.commit();
    held.putAll(taken);
    fenced.removeAll(taken.keySet());
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
    if (next < partitionLog.start()) {
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
     * Describes partitions; one that does not exist is left out.
     *
     * @throws KafkaException when Kafka does not answer in time
     */
    Map<TopicPartition, PartitionLog> describe(Collection<TopicPartition> partitions);
  }
}
