package dev.cachetide.runtime;

import dev.cachetide.wire.Headers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;

/**
 * When the records at some offsets came to be: the commit of the change that they tell of, where
 * they say so, else the time that the topic gave them. Reads one record of each partition, in no
 * group. For one thread.
 */
final class OldestRecords implements AutoCloseable {

  private static final Duration POLL = Duration.ofMillis(100);
  private static final Duration CLOSE = Duration.ofSeconds(1);

  /** One record is wanted; the broker sends the batch that holds it anyway. */
  private static final int FETCH_BYTES = 16 * 1024;

  private final Consumer<byte[], byte[]> consumer;

  OldestRecords(Consumer<byte[], byte[]> consumer) {
    this.consumer = consumer;
  }

  /** Contacts nobody yet. */
  static OldestRecords reading(KafkaClients clients, String clientId) {
    return new OldestRecords(consumer(clients, clientId));
  }

  /** The same, and its client's meters. */
  static OldestRecords reading(KafkaClients clients, String clientId, ClientMeters meters) {
    Consumer<byte[], byte[]> consumer = consumer(clients, clientId);
    meters.of(consumer);
    return new OldestRecords(consumer);
  }

  private static Consumer<byte[], byte[]> consumer(KafkaClients clients, String clientId) {
    Map<String, Object> properties = clients.reader(clientId);
    properties.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, FETCH_BYTES);
    // What retention has removed cannot wait any longer: the first record left is the oldest.
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    return new KafkaConsumer<>(properties);
  }

  /**
   * Of each partition the time of the first record at its offset or behind it.
   *
   * @param ends where each of them ends; offsets may be used up by what is no record
   * @return {@link Instant#MAX} where no record stands before the end; nothing for a partition that
   *     did not answer within the limit, or whose record has no time
   */
  Map<TopicPartition, Instant> at(
      Map<TopicPartition, Long> offsets, Map<TopicPartition, Long> ends, Duration limit) {
    Map<TopicPartition, Instant> times = new HashMap<>();
    Set<TopicPartition> open = new HashSet<>(offsets.keySet());
    consumer.assign(open);
    consumer.resume(open);
    offsets.forEach(consumer::seek);
    long deadline = System.nanoTime() + limit.toNanos();
    while (!open.isEmpty() && System.nanoTime() - deadline < 0) {
      ConsumerRecords<byte[], byte[]> polled = consumer.poll(POLL);
      Set<TopicPartition> done = new HashSet<>(polled.partitions());
      done.retainAll(open);
      done.forEach(each -> put(times, each, polled.records(each).get(0)));
      for (Map.Entry<TopicPartition, OffsetAndMetadata> next : polled.nextOffsets().entrySet()) {
        TopicPartition partition = next.getKey();
        if (!done.contains(partition)
            && open.contains(partition)
            && next.getValue().offset() >= ends.getOrDefault(partition, Long.MAX_VALUE)) {
          times.put(partition, Instant.MAX);
          done.add(partition);
        }
      }
      consumer.pause(done);
      open.removeAll(done);
    }
    consumer.assign(Set.of());
    return times;
  }

  private static void put(
      Map<TopicPartition, Instant> times,
      TopicPartition partition,
      ConsumerRecord<byte[], byte[]> record) {
    Instant time = time(record);
    if (time.isAfter(Instant.EPOCH)) {
      times.put(partition, time);
    }
  }

  private static Instant time(ConsumerRecord<byte[], byte[]> record) {
    Header committed = record.headers().lastHeader(Headers.COMMITTED);
    if (committed != null && committed.value() != null) {
      String micros = new String(committed.value(), StandardCharsets.UTF_8);
      if (micros.matches("[0-9]{1,18}")) {
        return Instant.EPOCH.plusNanos(TimeUnit.MICROSECONDS.toNanos(Long.parseLong(micros)));
      }
    }
    return Instant.ofEpochMilli(record.timestamp());
  }

  @Override
  public void close() {
    consumer.close(org.apache.kafka.clients.consumer.CloseOptions.timeout(CLOSE));
  }
}
