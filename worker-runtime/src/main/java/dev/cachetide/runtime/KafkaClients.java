package dev.cachetide.runtime;

import dev.cachetide.runtime.settings.KafkaSettings;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The properties of every Kafka client that Cachetide opens.
 *
 * <p>Three layers: what Cachetide proposes, over it what the file says, over that what Cachetide's
 * guarantees rest on. The loader refuses a file that names a key of the last layer, so nothing is
 * overruled in silence. Every map is new, mutable and complete.
 */
public final class KafkaClients {

  private static final String COOPERATIVE = CooperativeStickyAssignor.class.getName();

  /** Bytes of a usual record, and of one fetch from one partition. */
  private static final int RECORD = 256;

  private static final int FETCHES_IN_A_BATCH = 4;
  private static final int LEAST_FETCH = 64 * 1024;
  private static final int MOST_FETCH = 4 * 1024 * 1024;

  /** What a broker may take to answer, beyond the time that it was asked to wait. */
  private static final int ANSWER_MILLIS = 5_000;

  /** Records that a reader takes at a time. */
  private static final int MOST_READ = 2_000;

  private final KafkaSettings kafka;

  /** Builds properties from these settings. */
  public KafkaClients(KafkaSettings kafka) {
    this.kafka = kafka;
  }

  /** For an admin client. Its calls give up after 10 s unless the file says otherwise. */
  public Map<String, Object> admin(String clientId) {
    Map<String, Object> properties = new HashMap<>();
    properties.put(AdminClientConfig.CLIENT_ID_CONFIG, clientId);
    properties.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, 5_000);
    properties.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 10_000);
    properties.putAll(kafka.common());
    raise(
        properties,
        AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
        millis(properties, AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG));
    return properties;
  }

  /**
   * For a producer of {@code byte[]} keys and values that neither loses, doubles nor reorders
   * within a partition.
   *
   * @param linger how long a batch waits for company; zero for change events
   * @param deliveryTimeout after which a record that no broker acknowledged fails, and the longest
   *     that {@code send} blocks; at least 2 ms more than {@code linger}
   */
  public Map<String, Object> producer(String clientId, Duration linger, Duration deliveryTimeout) {
    Map<String, Object> properties = new HashMap<>();
    properties.put(ProducerConfig.CLIENT_ID_CONFIG, clientId);
    properties.put(ProducerConfig.LINGER_MS_CONFIG, linger.toMillis());
    properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, millis(deliveryTimeout));
    properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, deliveryTimeout.toMillis());
    properties.put(
        ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG,
        Math.min(10_000, millis(deliveryTimeout.minus(linger)) / 2));
    properties.putAll(kafka.common());
    properties.putAll(kafka.producer());
    raise(
        properties,
        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
        millis(properties, ProducerConfig.LINGER_MS_CONFIG)
            + millis(properties, ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG));
    properties.put(ProducerConfig.ACKS_CONFIG, "all");
    properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    // With more, idempotence does not keep the order on a partition that was just made
    // (KAFKA-15591):
    // the broker may turn the first request away and accept the second.
    properties.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1);
    properties.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
    properties.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
    return properties;
  }

  /**
   * For a consumer of {@code byte[]} keys and values that never commits by itself, never skips by
   * itself and never creates a topic by subscribing. It reads committed transactions only.
   */
  public Map<String, Object> consumer(Group group) {
    Map<String, Object> properties = new HashMap<>();
    properties.put(ConsumerConfig.CLIENT_ID_CONFIG, group.clientId());
    properties.put(ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, COOPERATIVE);
    properties.put(ConsumerConfig.METADATA_MAX_AGE_CONFIG, 10_000);
    properties.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 10_000);
    properties.put(ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, 5_000);
    properties.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, fetchBytes(group));
    if (!group.linger().isZero()) {
      linger(properties, group);
    }
    properties.putAll(kafka.common());
    properties.putAll(kafka.consumer());
    properties.put(ConsumerConfig.GROUP_ID_CONFIG, group.id());
    properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, group.maxPollRecords());
    properties.put(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG, millis(group.maxPollInterval()));
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, group.offsetReset());
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    properties.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    properties.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    return properties;
  }

  /**
   * What was fetched of a partition is handed over before the next one's turn comes: with more than
   * a part of a batch, a long backlog in some partitions would hold up the others for many batches.
   * Whoever lingers waits for about a whole batch, which may be in one partition.
   */
  private static int fetchBytes(Group group) {
    long batch = (long) RECORD * group.maxPollRecords();
    long bytes = group.linger().isZero() ? batch / FETCHES_IN_A_BATCH : batch;
    return Math.max(LEAST_FETCH, (int) Math.min(MOST_FETCH, bytes));
  }

  /**
   * The broker waits, not the loop: it answers a fetch at once when about one batch is there, and
   * otherwise when the time has passed.
   */
  private static void linger(Map<String, Object> properties, Group group) {
    int wait = millis(group.linger());
    properties.put(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, fetchBytes(group));
    properties.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, wait);
    raise(properties, ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, wait + ANSWER_MILLIS);
    raise(properties, ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, wait + ANSWER_MILLIS);
  }

  /**
   * For a consumer of {@code byte[]} keys and values that is in no group: it looks on, and nothing
   * shows that it did.
   */
  public Map<String, Object> reader(String clientId) {
    Map<String, Object> properties =
        consumer(new Group("none", clientId, MOST_READ, Duration.ofMinutes(5)));
    properties.remove(ConsumerConfig.GROUP_ID_CONFIG);
    properties.remove(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG);
    properties.remove(ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG);
    return properties;
  }

  /**
   * Kafka refuses an outer timeout that is shorter than the inner one. A file that sets the inner
   * one alone need not know which outer one is proposed here.
   */
  private static void raise(Map<String, Object> properties, String key, long least) {
    if (millis(properties, key) < least) {
      properties.put(key, Math.toIntExact(least));
    }
  }

  /** Zero for what is not a number: Kafka's own check will name it. */
  private static long millis(Map<String, Object> properties, String key) {
    String text = String.valueOf(properties.get(key)).trim();
    return text.matches("[0-9]{1,9}") ? Long.parseLong(text) : 0;
  }

  private static int millis(Duration duration) {
    return Math.toIntExact(duration.toMillis());
  }

  /**
   * One member of a consumer group.
   *
   * @param id of the group
   * @param maxPollRecords the most records in one batch
   * @param maxPollInterval the longest between two polls before the group gives the member up
   * @param offsetReset {@code none}, {@code earliest} or {@code latest}: what to do where the group
   *     has no committed offset, or one that the partition no longer holds
   * @param linger how long a batch that is not full waits for more records; zero for not at all
   */
  public record Group(
      String id,
      String clientId,
      int maxPollRecords,
      Duration maxPollInterval,
      String offsetReset,
      Duration linger) {

    /** A member that does not linger. */
    public Group(
        String id,
        String clientId,
        int maxPollRecords,
        Duration maxPollInterval,
        String offsetReset) {
      this(id, clientId, maxPollRecords, maxPollInterval, offsetReset, Duration.ZERO);
    }

    /** A member that is told, by an exception, when an offset is missing or out of range. */
    public Group(String id, String clientId, int maxPollRecords, Duration maxPollInterval) {
      this(id, clientId, maxPollRecords, maxPollInterval, "none");
    }

    /** The same member, but one that lingers. */
    public Group lingering(Duration linger) {
      return new Group(id, clientId, maxPollRecords, maxPollInterval, offsetReset, linger);
    }
  }
}
