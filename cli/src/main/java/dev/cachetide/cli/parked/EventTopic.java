package dev.cachetide.cli.parked;

import dev.cachetide.runtime.KafkaClients;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/**
 * Topics read from outside: by a consumer that is in no group, so that nobody notices. Not
 * thread-safe. Each call throws {@link KafkaException} when Kafka is away.
 */
final class EventTopic implements AutoCloseable {

  private static final String CLIENT = "cachetide-dead-letters";
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration SILENCE = Duration.ofSeconds(30);
  private static final Duration CLOSE = Duration.ofSeconds(2);
  private static final int PAGE = 500;
  private static final long LIMIT_SECONDS = 10;

  private final Admin admin;
  private final KafkaConsumer<byte[], byte[]> consumer;

  /** Opens the clients; no server is contacted yet. */
  EventTopic(KafkaClients clients) {
    admin = Admin.create(clients.admin(CLIENT));
    consumer = new KafkaConsumer<>(clients.reader(CLIENT));
  }

  /** A topic's id and number of partitions; empty when it does not exist. */
  Optional<Shape> shape(String topic) throws InterruptedException {
    try {
      TopicDescription found =
          admin
              .describeTopics(List.of(topic))
              .allTopicNames()
              .get(LIMIT_SECONDS, TimeUnit.SECONDS)
              .get(topic);
      return Optional.ofNullable(found)
          .map(each -> new Shape(each.topicId().toString(), each.partitions().size()));
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownTopicOrPartitionException) {
        return Optional.empty();
      }
      throw e.getCause() instanceof KafkaException cause ? cause : new KafkaException(e.getCause());
    } catch (TimeoutException e) {
      throw new org.apache.kafka.common.errors.TimeoutException("no answer from Kafka", e);
    }
  }

  /**
   * What is made of the newest records of a partition, newest first, without their values being
   * kept.
   *
   * @param since the oldest that counts; null for all
   * @param wanted which count
   */
  <T> List<T> newest(
      TopicPartition at,
      @Nullable Instant since,
      Function<ConsumerRecord<byte[], byte[]>, T> made,
      Predicate<T> wanted,
      int most) {
    consumer.assign(List.of(at));
    long end = consumer.endOffsets(List.of(at)).getOrDefault(at, 0L);
    long begin = since == null ? first(at) : begin(at, since, end);
    List<T> newest = new ArrayList<>();
    while (end > begin && newest.size() < most) {
      long from = Math.max(begin, end - PAGE);
      List<T> page = new ArrayList<>();
      read(at, from, end, record -> page.add(made.apply(record)));
      Collections.reverse(page);
      page.stream().filter(wanted).limit(most - (long) newest.size()).forEach(newest::add);
      end = from;
    }
    return newest;
  }

  /** One record; empty when the partition no longer holds it, or never did. */
  Optional<ConsumerRecord<byte[], byte[]>> find(TopicPartition at, long offset) {
    consumer.assign(List.of(at));
    long end = consumer.endOffsets(List.of(at)).getOrDefault(at, 0L);
    if (offset < first(at) || offset >= end) {
      return Optional.empty();
    }
    List<ConsumerRecord<byte[], byte[]>> found = new ArrayList<>();
    read(at, offset, offset + 1, found::add);
    return found.stream().findFirst();
  }

  /** The first offset that a partition still holds. */
  long first(TopicPartition at) {
    return consumer.beginningOffsets(List.of(at)).getOrDefault(at, 0L);
  }

  /** How much a topic holds. Its records have every offset: retention alone removes some. */
  Held held(String topic, int partitions) {
    List<TopicPartition> all =
        IntStream.range(0, partitions).mapToObj(each -> new TopicPartition(topic, each)).toList();
    Map<TopicPartition, Long> begins = consumer.beginningOffsets(all);
    Map<TopicPartition, Long> ends = consumer.endOffsets(all);
    long records = 0;
    Map<Integer, Long> firsts = new TreeMap<>();
    for (TopicPartition each : all) {
      long first = begins.getOrDefault(each, 0L);
      firsts.put(each.partition(), first);
      records += ends.getOrDefault(each, first) - first;
    }
    return new Held(records, firsts);
  }

  private long begin(TopicPartition at, Instant since, long end) {
    OffsetAndTimestamp found =
        consumer.offsetsForTimes(Map.of(at, Math.max(0, since.toEpochMilli()))).get(at);
    return found == null ? end : found.offset();
  }

  private void read(TopicPartition at, long from, long to, Each each) {
    consumer.seek(at, from);
    long heard = System.nanoTime();
    while (consumer.position(at) < to) {
      var records = consumer.poll(POLL).records(at);
      for (ConsumerRecord<byte[], byte[]> record : records) {
        if (record.offset() < to) {
          each.record(record);
        }
      }
      if (!records.isEmpty()) {
        heard = System.nanoTime();
      } else if (System.nanoTime() - heard > SILENCE.toNanos()) {
        throw new org.apache.kafka.common.errors.TimeoutException(
            "Kafka sent nothing for " + SILENCE.toSeconds() + " s");
      }
    }
  }

  @Override
  public void close() {
    consumer.close(CloseOptions.timeout(CLOSE));
    admin.close(CLOSE);
  }

  /**
   * What a topic holds.
   *
   * @param firsts the first offset that each partition still holds
   */
  record Held(long records, Map<Integer, Long> firsts) {}

  /** What a topic is. */
  record Shape(String id, int partitions) {}

  private interface Each {
    void record(ConsumerRecord<byte[], byte[]> record);
  }
}
