package dev.cachetide.invalidation.history;

import dev.cachetide.invalidation.EventDecoder;
import dev.cachetide.invalidation.EventDecoder.MalformedEvent;
import dev.cachetide.invalidation.rules.ChangeEvent;
import dev.cachetide.runtime.KafkaClients;
import dev.cachetide.runtime.postgres.TableInfo;
import dev.cachetide.wire.TableName;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The change topics, read from outside: by a consumer that is in no group and commits nothing, so
 * that no worker notices. What is read ends where the partitions ended when it was asked for.
 *
 * <p>Not thread-safe. Each call throws {@link org.apache.kafka.common.KafkaException} when Kafka is
 * away.
 */
public final class ChangeHistory implements AutoCloseable {

  private static final TableName NO_TABLE = new TableName("public", "unknown");
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration SILENCE = Duration.ofSeconds(30);
  private static final Comparator<RecordedChange> BY_TIME =
      Comparator.comparing(RecordedChange::at)
          .thenComparing(RecordedChange::topic)
          .thenComparingInt(RecordedChange::partition)
          .thenComparingLong(RecordedChange::offset);

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final EventDecoder decoder = new EventDecoder();

  /** Opens a consumer; no server is contacted yet. */
  public ChangeHistory(KafkaClients clients) {
    consumer = new KafkaConsumer<>(clients.reader("cachetide-history"));
  }

  /** The broker's topics. */
  public Set<String> topics() {
    return consumer.listTopics().keySet();
  }

  /** Everything that was published from a moment on. */
  public HistoryRange since(Map<String, TableName> topics, Instant moment) {
    List<TopicPartition> partitions = partitions(topics);
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
    Map<TopicPartition, Long> asked = new HashMap<>();
    partitions.forEach(each -> asked.put(each, Math.max(0, moment.toEpochMilli())));
    Map<TopicPartition, OffsetAndTimestamp> found = consumer.offsetsForTimes(asked);
    Map<TopicPartition, Long> from = new HashMap<>();
    found.forEach((partition, at) -> from.put(partition, at == null ? -1 : at.offset()));
    return range(topics, from, ends);
  }

  /** Everything that Kafka still has. */
  public HistoryRange all(Map<String, TableName> topics) {
    List<TopicPartition> partitions = partitions(topics);
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
    return range(topics, consumer.beginningOffsets(partitions), ends);
  }

  /** The newest records of all topics together, oldest first. */
  public List<RecordedChange> last(Map<String, TableName> topics, int count) {
    HistoryRange all = all(topics);
    Map<TopicPartition, Long> from = new HashMap<>();
    all.from()
        .forEach(
            (partition, first) ->
                from.put(
                    partition, Math.max(first, all.to().getOrDefault(partition, first) - count)));
    PriorityQueue<RecordedChange> newest = new PriorityQueue<>(BY_TIME);
    read(
        range(topics, from, all.to()),
        change -> {
          newest.add(change);
          if (newest.size() > count) {
            newest.remove();
          }
        });
    return newest.stream().sorted(BY_TIME).toList();
  }

  /**
   * Reads a range, each partition in its order; what changes no row is passed over.
   *
   * @throws TimeoutException when nothing came for half a minute
   */
  public void read(HistoryRange range, Consumer<RecordedChange> each) {
    records(range, record -> tell(record, range, each));
  }

  /**
   * Why the newest records of a topic cannot be read, or not as text, each reason once: what the
   * connector that wrote them is set up to do.
   *
   * @param table as the catalogue describes it; null when it is not known
   * @param count how many records of each partition are looked at
   */
  public Set<String> unreadable(String topic, @Nullable TableInfo table, int count) {
    HistoryRange all = all(Map.of(topic, table == null ? NO_TABLE : table.name()));
    Map<TopicPartition, Long> from = new HashMap<>();
    all.to().forEach((partition, end) -> from.put(partition, Math.max(0, end - count)));
    all.from().forEach((partition, first) -> from.merge(partition, first, Math::max));
    Set<String> reasons = new TreeSet<>();
    records(
        new HistoryRange(all.topics(), from, all.to()),
        record -> decoder.trouble(record, table).ifPresent(reasons::add));
    return reasons;
  }

  private void records(HistoryRange range, Consumer<ConsumerRecord<byte[], byte[]>> each) {
    Map<TopicPartition, Long> open = new HashMap<>(range.to());
    consumer.assign(open.keySet());
    range.from().forEach(consumer::seek);
    long heard = System.nanoTime();
    while (!open.isEmpty()) {
      var records = consumer.poll(POLL);
      for (ConsumerRecord<byte[], byte[]> record : records) {
        TopicPartition partition = new TopicPartition(record.topic(), record.partition());
        if (record.offset() < range.to().getOrDefault(partition, 0L)) {
          each.accept(record);
        }
      }
      boolean ended =
          open.entrySet().removeIf(end -> consumer.position(end.getKey()) >= end.getValue());
      if (ended) {
        consumer.assign(open.keySet());
      }
      if (!records.isEmpty() || ended) {
        heard = System.nanoTime();
      } else if (System.nanoTime() - heard > SILENCE.toNanos()) {
        throw new TimeoutException("Kafka sent nothing for " + SILENCE.toSeconds() + " s");
      }
    }
  }

  private void tell(
      ConsumerRecord<byte[], byte[]> record, HistoryRange range, Consumer<RecordedChange> each) {
    try {
      ChangeEvent event = decoder.decode(record);
      if (event != null) {
        each.accept(change(record, range, event, null));
      }
    } catch (MalformedEvent e) {
      each.accept(change(record, range, null, e.getMessage()));
    }
  }

  private static RecordedChange change(
      ConsumerRecord<byte[], byte[]> record,
      HistoryRange range,
      @Nullable ChangeEvent event,
      @Nullable String unreadable) {
    return new RecordedChange(
        Objects.requireNonNull(range.topics().get(record.topic())),
        record.topic(),
        record.partition(),
        record.offset(),
        Instant.ofEpochMilli(record.timestamp()),
        event,
        unreadable);
  }

  /** Assigned too: the consumer warns of offsets that it is told of other partitions. */
  private List<TopicPartition> partitions(Map<String, TableName> topics) {
    List<TopicPartition> partitions =
        topics.keySet().stream()
            .flatMap(topic -> consumer.partitionsFor(topic).stream())
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList();
    consumer.assign(partitions);
    return partitions;
  }

  /** Without partitions that hold nothing of it; a negative beginning is one behind the end. */
  private static HistoryRange range(
      Map<String, TableName> topics, Map<TopicPartition, Long> from, Map<TopicPartition, Long> to) {
    Map<TopicPartition, Long> firsts = new HashMap<>();
    Map<TopicPartition, Long> ends = new HashMap<>();
    from.forEach(
        (partition, first) -> {
          long end = to.getOrDefault(partition, 0L);
          if (first >= 0 && first < end) {
            firsts.put(partition, first);
            ends.put(partition, end);
          }
        });
    return new HistoryRange(topics, firsts, ends);
  }

  @Override
  public void close() {
    consumer.close(org.apache.kafka.clients.consumer.CloseOptions.timeout(Duration.ofSeconds(2)));
  }
}
