package dev.cachetide.system.writes;

import dev.cachetide.wire.MalformedCommandException;
import dev.cachetide.wire.WriteCommandCodec;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** A write topic as a bystander reads it. */
record Topic(String bootstrapServers, String name) {

  static final int PARTITIONS = 6;
  private static final Duration POLL = Duration.ofMillis(200);

  void create() throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers))) {
      admin.createTopics(List.of(new NewTopic(name, PARTITIONS, (short) 1))).all().get();
    }
  }

  /** Reads each partition's log to its end and replays it. */
  Model replay(boolean remembersIds) {
    Model model = new Model(remembersIds);
    Map<Integer, Long> left = new HashMap<>(ends());
    try (KafkaConsumer<byte[], byte[]> consumer = reader()) {
      Set<TopicPartition> all = consumer.assignment();
      consumer.seekToBeginning(all);
      left.values().removeIf(end -> end == 0);
      while (!left.isEmpty()) {
        for (ConsumerRecord<byte[], byte[]> command : consumer.poll(POLL)) {
          replay(model, command);
          left.remove(command.partition(), command.offset() + 1);
        }
      }
    }
    return model;
  }

  private static void replay(Model model, ConsumerRecord<byte[], byte[]> command) {
    try {
      model.apply(command.partition(), command.offset(), WriteCommandCodec.decode(command.value()));
    } catch (MalformedCommandException e) {
      throw new AssertionError("the script wrote what is no command", e);
    }
  }

  /** Where each partition ends. */
  Map<Integer, Long> ends() {
    try (KafkaConsumer<byte[], byte[]> consumer = reader()) {
      Map<Integer, Long> ends = new HashMap<>();
      consumer
          .endOffsets(consumer.assignment())
          .forEach((partition, end) -> ends.put(partition.partition(), end));
      return ends;
    }
  }

  /** How far a group has committed in Kafka. */
  Map<Integer, Long> committed(String group) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers))) {
      Map<Integer, Long> committed = new HashMap<>();
      admin
          .listConsumerGroupOffsets(group)
          .partitionsToOffsetAndMetadata()
          .get()
          .forEach((partition, offset) -> committed.put(partition.partition(), offset.offset()));
      return committed;
    }
  }

  private KafkaConsumer<byte[], byte[]> reader() {
    KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", bootstrapServers, "enable.auto.commit", "false"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    consumer.assign(
        consumer.partitionsFor(name).stream()
            .map(partition -> new TopicPartition(name, partition.partition()))
            .toList());
    return consumer;
  }
}
