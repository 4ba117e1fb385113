package dev.cachetide.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.runtime.settings.KafkaSettings;
import dev.cachetide.sandbox.SandboxKafka;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

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
    create(new NewTopic(topic, partitions, (short) 1));
  }

  void create(NewTopic topic) throws Exception {
    admin(a -> a.createTopics(List.of(topic)).all().get());
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
    return sum("cachetide.consumer.lag", group);
  }

  /** Of the partition that has waited longest. */
  double lagSeconds(String group) {
    return registry.find("cachetide.consumer.lag.seconds").tag("group", group).gauges().stream()
        .mapToDouble(Gauge::value)
        .max()
        .orElse(Double.NaN);
  }

  private double sum(String name, String group) {
    Collection<Gauge> gauges = registry.find(name).tag("group", group).gauges();
    return gauges.isEmpty() ? Double.NaN : gauges.stream().mapToDouble(Gauge::value).sum();
  }

  /** Of the clients whose own meters are in the registry. */
  Set<String> clientIds() {
    return registry.getMeters().stream()
        .filter(meter -> meter.getId().getName().startsWith("kafka."))
        .map(meter -> String.valueOf(meter.getId().getTag("client.id")))
        .collect(Collectors.toSet());
  }

  Future<RecordMetadata> send(String topic, String key, String value) {
    return producer.send(
        new ProducerRecord<>(
            topic, key.getBytes(StandardCharsets.UTF_8), value.getBytes(StandardCharsets.UTF_8)));
  }

  /** Sends {@code value-<from>} up to but not {@code value-<to>} and awaits every answer. */
  void sendAll(String topic, int from, int to) throws Exception {
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    for (int i = from; i < to; i++) {
      sent.add(send(topic, "key-" + i % 97, "value-" + i));
    }
    for (Future<RecordMetadata> one : sent) {
      one.get();
    }
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
    return worker(group, member, topics, handler, Duration.ofMinutes(5));
  }

  WorkerProgram worker(
      String group, String member, Topics topics, RecordHandler handler, Duration longestBatch) {
    LoopSettings loop =
        new LoopSettings(
            member,
            new KafkaClients.Group(group, member, 200, longestBatch),
            topics,
            group + ".dead-letters",
            Duration.ofMillis(200),
            Duration.ofMillis(500),
            Duration.ofSeconds(3));
    return WorkerProgram.create(loop, settings, handler, registry);
  }

  static ConditionFactory within(int seconds) {
    return Awaitility.await()
        .atMost(Duration.ofSeconds(seconds))
        .pollInterval(Duration.ofMillis(20));
  }

  static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
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
