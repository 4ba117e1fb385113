package dev.cachetide.runtime;

import dev.cachetide.runtime.settings.KafkaSettings;
import dev.cachetide.sandbox.SandboxKafka;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;

/** A real broker, and what tests do with it. */
final class KafkaWorld implements AutoCloseable {

  final SandboxKafka kafka = SandboxKafka.builder().start();
  final KafkaSettings settings =
      new KafkaSettings(
          Map.of("bootstrap.servers", kafka.bootstrapServers()),
          Map.of(),
          Map.of("session.timeout.ms", "6000", "heartbeat.interval.ms", "500"));
  final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  final KafkaClients clients = new KafkaClients(settings);
  final KafkaProducer<byte[], byte[]> producer =
      new KafkaProducer<>(clients.producer("test", Duration.ofMillis(5), Duration.ofSeconds(60)));

  private <T> T admin(AdminCall<T> call) throws Exception {
    try (Admin admin = Admin.create(clients.admin("test"))) {
      return call.on(admin);
    }
  }

  void create(String topic, int partitions) throws Exception {
    admin(a -> a.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get());
  }

  void deleteBefore(TopicPartition partition, long offset) throws Exception {
    admin(
        a -> a.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(offset))).all().get());
  }

  long committed(String group) throws Exception {
    return admin(
        a ->
            a
                .listConsumerGroupOffsets(group)
                .partitionsToOffsetAndMetadata()
                .get()
                .values()
                .stream()
                .mapToLong(offset -> offset.offset())
                .sum());
  }

  double lag(String group) {
    Gauge gauge = registry.find("cachetide.consumer.lag").tag("group", group).gauge();
    return gauge == null ? Double.NaN : gauge.value();
  }

  Future<RecordMetadata> send(String topic, String key, String value) {
    return producer.send(
        new ProducerRecord<>(
            topic, key.getBytes(StandardCharsets.UTF_8), value.getBytes(StandardCharsets.UTF_8)));
  }

  List<ConsumerRecord<byte[], byte[]>> readAll(String topic, int expected) {
    Map<String, Object> properties =
        new HashMap<>(
            clients.consumer(
                new KafkaClients.Group("reader", "reader", 500, Duration.ofMinutes(5))));
    properties.put("fetch.max.bytes", 64 * 1024 * 1024);
    properties.put("max.partition.fetch.bytes", 64 * 1024 * 1024);
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(properties)) {
      Set<TopicPartition> partitions = Set.of(new TopicPartition(topic, 0));
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      while (records.size() < expected && System.nanoTime() < deadline) {
        consumer.poll(Duration.ofMillis(100)).forEach(records::add);
      }
    }
    return records;
  }

  WorkerProgram worker(String group, String member, Topics topics, RecordHandler handler) {
    LoopSettings loop =
        new LoopSettings(
            member,
            new KafkaClients.Group(group, member, 200, Duration.ofMinutes(5)),
            topics,
            group + ".dead-letters",
            Duration.ofMillis(200),
            Duration.ofMillis(500),
            Duration.ofSeconds(3));
    return WorkerProgram.create(loop, settings, handler, registry);
  }

  @Override
  public void close() {
    producer.close(Duration.ofSeconds(5));
    kafka.close();
  }

  private interface AdminCall<T> {
    T on(Admin admin) throws Exception;
  }
}
