package dev.cachetide.writebehind;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.cachetide.runtime.Outcome;
import dev.cachetide.runtime.settings.Defaults;
import dev.cachetide.runtime.settings.PostgresSettings;
import dev.cachetide.runtime.settings.WriteBehindSettings;
import dev.cachetide.runtime.settings.WriteTableSettings;
import dev.cachetide.runtime.settings.WriteTableSettings.Conflicts;
import dev.cachetide.wire.Headers;
import dev.cachetide.wire.TableName;
import dev.cachetide.wire.WriteCommand;
import dev.cachetide.wire.WriteCommandCodec;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** A handler on a real Postgres with a log that the test writes by hand. */
final class Worlds {

  static final String TOPIC = "test.writes";
  static final TopicPartition P0 = new TopicPartition(TOPIC, 0);
  static final TopicPartition P1 = new TopicPartition(TOPIC, 1);
  static final TopicPartition P2 = new TopicPartition(TOPIC, 2);

  private Worlds() {}

  static WriteTableSettings listed(String table, String... key) {
    return listed(Conflicts.LOG_ORDER, null, table, key);
  }

  static WriteTableSettings listed(
      Conflicts conflicts, @Nullable String version, String table, String... key) {
    TableName name = TableName.parse(table);
    return new WriteTableSettings(
        "writes[0]", name.schema(), name.table(), List.of(key), conflicts, version);
  }

  static PostgresSettings postgres(String url) {
    return postgres(url, Duration.ofSeconds(20));
  }

  static PostgresSettings postgres(String url, Duration socketTimeout) {
    return new PostgresSettings(
        url, "postgres", "postgres", Duration.ofSeconds(5), socketTimeout, Map.of());
  }

  /** One worker's handler. */
  static final class Worker implements AutoCloseable {
    final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    final WriteBehindHandler handler;
    final Map<TopicPartition, Long> starts = new HashMap<>();

    Worker(String url, Log log, WriteTableSettings... listed) {
      this(postgres(url), log, Defaults.WRITE_BEHIND.batch(), listed);
    }

    Worker(
        PostgresSettings postgres,
        Log log,
        WriteBehindSettings.BatchSettings batch,
        WriteTableSettings... listed) {
      OffsetTable offsets = new OffsetTable("test", "worker");
      WriteBehindMeters meters = new WriteBehindMeters(registry);
      handler =
          new WriteBehindHandler(
              PostgresSession.ofTransactions(postgres),
              PostgresSession.ofQuestions(postgres),
              new Preparation(List.of(listed)),
              new Claims(log, offsets, meters),
              new PartitionTransaction(List.of(listed), offsets, "test"),
              new Expiry("test", Defaults.WRITE_BEHIND, System::nanoTime),
              meters,
              new Pace(batch, System::nanoTime));
    }

    Outcome assign(TopicPartition... partitions) {
      return handler.assigned(List.of(partitions), starts::put);
    }

    double count(String meter) {
      return registry.get("cachetide.writebehind." + meter).counter().count();
    }

    /** Hands records over until they are no longer unfinished, as the loop does. */
    Outcome handle(ConsumerRecords<byte[], byte[]> polled) {
      Outcome outcome = handler.handle(polled);
      while (outcome instanceof Outcome.Unfinished) {
        outcome = handler.handle(polled);
      }
      return outcome;
    }

    /** Applies one partition's records from an offset on. */
    void apply(Log log, TopicPartition partition, int from) {
      Outcome outcome = handle(log.batch(partition, from));
      if (!outcome.equals(Outcome.applied())) {
        throw new AssertionError("not applied: " + outcome);
      }
    }

    @Override
    public void close() {
      handler.close();
    }
  }

  /** What Kafka holds. */
  static final class Log implements Claims.Logs {
    final Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> records = new LinkedHashMap<>();
    String topicId = "topic-1";
    long start;
    int partitions = 2;

    @Override
    public Map<TopicPartition, PartitionLog> describe(String topic) {
      Map<TopicPartition, PartitionLog> described = new HashMap<>();
      for (int i = 0; i < partitions; i++) {
        TopicPartition partition = new TopicPartition(topic, i);
        long end = records.getOrDefault(partition, List.of()).size();
        described.put(partition, new PartitionLog(topicId, start, Math.max(start, end)));
      }
      return described;
    }

    @Override
    public boolean holdsRecords(TopicPartition partition, long from, long to) {
      return records.getOrDefault(partition, List.of()).stream()
          .anyMatch(record -> record.offset() >= from && record.offset() < to);
    }

    void add(TopicPartition partition, WriteCommand... commands) {
      for (WriteCommand command : commands) {
        add(partition, WriteCommandCodec.recordKey(command), WriteCommandCodec.encode(command));
      }
    }

    /** A command whose writer shows its value in the cache. */
    void addShown(TopicPartition partition, String shownAt, WriteCommand command) {
      add(partition, command);
      List<ConsumerRecord<byte[], byte[]>> log = records.getOrDefault(partition, List.of());
      log.get(log.size() - 1).headers().add(Headers.SHOWN, shownAt.getBytes(UTF_8));
    }

    void add(TopicPartition partition, String json) {
      add(partition, "key".getBytes(UTF_8), json.replace('\'', '"').getBytes(UTF_8));
    }

    @SuppressWarnings("NullAway") // Kafka's own classes do not say that key and value may be null
    void add(TopicPartition partition, byte @Nullable [] key, byte @Nullable [] value) {
      List<ConsumerRecord<byte[], byte[]>> log =
          records.computeIfAbsent(partition, p -> new ArrayList<>());
      log.add(
          new ConsumerRecord<>(partition.topic(), partition.partition(), log.size(), key, value));
    }

    int size(TopicPartition partition) {
      return records.getOrDefault(partition, List.of()).size();
    }

    /** All of it, as one poll. */
    ConsumerRecords<byte[], byte[]> batch() {
      return new ConsumerRecords<>(new LinkedHashMap<>(records), Map.of());
    }

    /** One partition's records from an offset on. */
    ConsumerRecords<byte[], byte[]> batch(TopicPartition partition, int from) {
      return batch(partition, from, records.getOrDefault(partition, List.of()).size());
    }

    ConsumerRecords<byte[], byte[]> batch(TopicPartition partition, int from, int to) {
      List<ConsumerRecord<byte[], byte[]>> log = records.getOrDefault(partition, List.of());
      return new ConsumerRecords<>(Map.of(partition, List.copyOf(log.subList(from, to))), Map.of());
    }
  }
}
