package dev.cachetide.system;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.cachetide.wire.PipelineNames;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;

/** The change topics from outside: how far they are read, and events written by hand. */
final class StormTopics implements AutoCloseable {

  private final Admin admin;
  private final KafkaProducer<byte[], byte[]> producer;

  StormTopics(String bootstrapServers) {
    admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers));
    producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", bootstrapServers, "linger.ms", 0),
            new ByteArraySerializer(),
            new ByteArraySerializer());
  }

  /** A new row's event; returns when Kafka has it. */
  void publish(String topic, int id) {
    byte[] key = ("{\"id\":" + id + "}").getBytes(UTF_8);
    byte[] value =
        ("{\"op\":\"c\",\"before\":null,\"after\":{\"id\":" + id + "},\"source\":{}}")
            .getBytes(UTF_8);
    try {
      producer.send(new ProducerRecord<>(topic, key, value)).get();
    } catch (ExecutionException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Returns when the workers have committed everything that stands in the table's topic. */
  void awaitRead(String pipeline, String table, Duration atMost) {
    PipelineNames names = new PipelineNames(pipeline);
    Awaitility.await("the workers to read " + table)
        .atMost(atMost)
        .pollInterval(Duration.ofMillis(100))
        .until(() -> lag(names.invalidationGroup(), names.changeTopic("public", table)) == 0);
  }

  private long lag(String group, String topic) throws ExecutionException, InterruptedException {
    Map<TopicPartition, OffsetAndMetadata> committed =
        admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
    int partitions =
        admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size();
    Map<TopicPartition, OffsetSpec> asked =
        IntStream.range(0, partitions)
            .mapToObj(partition -> new TopicPartition(topic, partition))
            .collect(Collectors.toMap(each -> each, each -> OffsetSpec.latest()));
    Map<TopicPartition, ListOffsetsResultInfo> ends = admin.listOffsets(asked).all().get();
    return ends.entrySet().stream()
        .mapToLong(
            end -> {
              OffsetAndMetadata at = committed.get(end.getKey());
              return end.getValue().offset() - (at == null ? 0 : at.offset());
            })
        .sum();
  }

  @Override
  public void close() {
    producer.close(Duration.ZERO);
    admin.close(Duration.ZERO);
  }
}
