package dev.cachetide.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.junit.jupiter.api.Test;

/**
 * A broker answers that a topic exists before it leads its partitions. With several requests in
 * flight the first may be turned away and the second accepted: order is lost, and the first is
 * refused as out of order until it expires.
 */
final class NewTopicIT {

  private static final int TOPICS = 12;
  private static final int PARTITIONS = 30;
  private static final int RECORDS = 3_000;

  @Test
  void records_sent_the_moment_a_topic_is_made_arrive_in_order() throws Exception {
    try (KafkaWorld world = new KafkaWorld();
        KafkaProducer<byte[], byte[]> producer =
            new KafkaProducer<>(
                world.clients.producer("new", Duration.ZERO, Duration.ofSeconds(10)))) {
      for (int topic = 0; topic < TOPICS; topic++) {
        world.create("new-" + topic, PARTITIONS);
        List<Future<RecordMetadata>> sent = new ArrayList<>();
        for (int i = 0; i < RECORDS; i++) {
          byte[] value = new byte[100];
          sent.add(
              producer.send(new ProducerRecord<>("new-" + topic, i % PARTITIONS, null, value)));
        }
        for (int i = 0; i < RECORDS; i++) {
          assertThat(sent.get(i).get().offset()).isEqualTo(i / PARTITIONS);
        }
      }
    }
  }
}
