package dev.cachetide;

import dev.cachetide.wire.BatchReceipt;
import dev.cachetide.wire.BatchReceipt.Rejection;
import dev.cachetide.wire.BatchReceiptCodec;
import dev.cachetide.wire.PipelineNames;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** A pipeline's ingest and worker, as far as receipts tell of them. */
final class IngestStandIn implements AutoCloseable {

  final PipelineNames names;
  private final Admin admin;
  private final KafkaProducer<byte[], byte[]> producer;

  IngestStandIn(String pipeline, String servers) {
    names = new PipelineNames(pipeline);
    Map<String, Object> kafka = Map.of("bootstrap.servers", servers);
    admin = Admin.create(kafka);
    producer = new KafkaProducer<>(kafka, new ByteArraySerializer(), new ByteArraySerializer());
  }

  void createTopic(String topic, int partitions) throws Exception {
    admin
        .createTopics(List.of(new NewTopic(topic, Optional.of(partitions), Optional.empty())))
        .all()
        .get();
  }

  void deleteTopic(String topic) throws Exception {
    admin.deleteTopics(List.of(topic)).all().get();
  }

  String topicId() throws Exception {
    return admin
        .describeTopics(List.of(names.writeTopic()))
        .allTopicNames()
        .get()
        .get(names.writeTopic())
        .topicId()
        .toString();
  }

  void applied(int partition, long first, long next, Rejection... rejected) throws Exception {
    tell(topicId(), partition, first, next, new BitSet(), rejected);
  }

  void tell(
      String topicId,
      int partition,
      long first,
      long next,
      BitSet superseded,
      Rejection... rejected)
      throws Exception {
    BatchReceipt receipt =
        new BatchReceipt(
            names.writeTopic(),
            topicId,
            partition,
            first,
            next,
            7,
            "0/7",
            "2026-01-01T00:00:00Z",
            superseded,
            List.of(rejected));
    producer
        .send(
            new ProducerRecord<>(
                names.receiptTopic(),
                0,
                BatchReceiptCodec.recordKey(receipt),
                BatchReceiptCodec.encode(receipt)))
        .get();
  }

  @Override
  public void close() {
    producer.close();
    admin.close();
  }
}
