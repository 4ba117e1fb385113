package dev.cachetide.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;

class SandboxKafkaIT {

  @Test
  void a_restart_keeps_port_topics_records_and_group_offsets() throws Exception {
    try (SandboxKafka kafka = SandboxKafka.builder().start()) {
      String bootstrapServers = kafka.bootstrapServers();
      Ask.createTopic(kafka, "kept");
      produce(kafka, "before");
      assertThat(consume(kafka)).containsExactly("before");
      kafka.restart();
      assertThat(kafka.bootstrapServers()).isEqualTo(bootstrapServers);
      produce(kafka, "after");
      assertThat(consume(kafka)).containsExactly("after");
    }
  }

  @Test
  void a_topic_is_not_created_by_being_used() {
    try (SandboxKafka kafka = SandboxKafka.builder().start()) {
      assertThatThrownBy(() -> produce(kafka, "lost")).hasMessageContaining("kept");
    }
  }

  @Test
  void a_proxy_in_front_cuts_off_every_client() throws Exception {
    int port = FreePorts.next();
    try (TcpProxy proxy = TcpProxy.to(port);
        SandboxKafka kafka =
            SandboxKafka.builder().port(port).advertisedPort(proxy.port()).start()) {
      Ask.createTopic(kafka, "kept");
      produce(kafka, "before");
      proxy.cut();
      assertThatThrownBy(() -> produce(kafka, "during")).isInstanceOf(Exception.class);
      proxy.restore();
      produce(kafka, "after");
      assertThat(consume(kafka)).containsExactly("before", "after");
    }
  }

  private static void produce(SandboxKafka kafka, String value)
      throws ExecutionException, InterruptedException, TimeoutException {
    Map<String, Object> settings =
        Map.of(
            "bootstrap.servers", kafka.bootstrapServers(),
            "max.block.ms", 1_000,
            "request.timeout.ms", 1_000,
            "delivery.timeout.ms", 1_500,
            "linger.ms", 0);
    try (KafkaProducer<String, String> producer =
        new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
      producer.send(new ProducerRecord<>("kept", 0, "key", value)).get(10, TimeUnit.SECONDS);
    }
  }

  private static List<String> consume(SandboxKafka kafka) {
    Map<String, Object> settings =
        Map.of(
            "bootstrap.servers",
            kafka.bootstrapServers(),
            "group.id",
            "readers",
            "enable.auto.commit",
            false,
            "auto.offset.reset",
            "earliest");
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
      consumer.subscribe(List.of("kept"));
      ConsumerRecords<String, String> records = ConsumerRecords.empty();
      for (int attempt = 0; attempt < 20 && records.isEmpty(); attempt++) {
        records = consumer.poll(Duration.ofSeconds(1));
      }
      consumer.commitSync();
      List<String> values = new ArrayList<>();
      records.forEach(each -> values.add(each.value()));
      return values;
    }
  }
}
