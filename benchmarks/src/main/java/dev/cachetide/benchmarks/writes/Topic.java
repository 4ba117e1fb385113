package dev.cachetide.benchmarks.writes;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * A topic that holds a whole workload before anybody reads it.
 *
 * @param lastRows what the last command of each partition writes
 */
record Topic(String name, List<Row> lastRows) {

  static final int PARTITIONS = 6;

  /** Creates and fills a topic. */
  @SuppressWarnings("FutureReturnValueIgnored") // the callback hears of failures
  static Topic fill(String bootstrapServers, String name, Workload workload, Format format)
      throws InterruptedException, ExecutionException, TimeoutException {
    Map<String, Object> kafka = Map.of("bootstrap.servers", bootstrapServers);
    try (Admin admin = Admin.create(kafka)) {
      admin
          .createTopics(List.of(new NewTopic(name, PARTITIONS, (short) 1)))
          .all()
          .get(30, TimeUnit.SECONDS);
    }
    AtomicReferenceArray<@Nullable Row> last = new AtomicReferenceArray<>(PARTITIONS);
    AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            Map.of(
                "bootstrap.servers",
                bootstrapServers,
                "batch.size",
                128 * 1024,
                "linger.ms",
                20,
                // a topic that was just made may turn the first away and take the second
                "max.in.flight.requests.per.connection",
                1),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (int i = 0; i < workload.commands(); i++) {
        Row row = workload.row(i);
        producer.send(
            new ProducerRecord<>(name, format.key(row), format.value(row)),
            (sent, e) -> {
              if (e == null) {
                // acknowledged in the order of the partition
                last.set(sent.partition(), row);
              } else {
                failure.set(e);
              }
            });
      }
      producer.flush();
    }
    Exception failed = failure.get();
    if (failed != null) {
      throw new IllegalStateException("the topic was not filled", failed);
    }
    return new Topic(name, rows(last));
  }

  private static List<Row> rows(AtomicReferenceArray<@Nullable Row> last) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < last.length(); i++) {
      Row row = last.get(i);
      if (row != null) {
        rows.add(row);
      }
    }
    return List.copyOf(rows);
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** How a command is written to the topic. */
  interface Format {
    byte[] key(Row row);

    byte[] value(Row row);
  }
}
