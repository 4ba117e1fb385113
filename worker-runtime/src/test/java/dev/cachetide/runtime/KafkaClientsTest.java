package dev.cachetide.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.runtime.settings.KafkaSettings;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.junit.jupiter.api.Test;

final class KafkaClientsTest {

  private static final KafkaClients.Group GROUP =
      new KafkaClients.Group("g", "c", 500, Duration.ofMinutes(5));

  private final KafkaClients clients =
      new KafkaClients(
          new KafkaSettings(
              Map.of("bootstrap.servers", "127.0.0.1:1", "request.timeout.ms", "1234"),
              Map.of("linger.ms", "7", "acks", "0"),
              Map.of("fetch.min.bytes", "9", "enable.auto.commit", "true")));

  @Test
  void the_file_overrules_what_cachetide_proposes() {
    assertThat(clients.producer("c", Duration.ZERO, Duration.ofSeconds(30)))
        .containsEntry("linger.ms", "7")
        .containsEntry("request.timeout.ms", "1234");
    assertThat(clients.consumer(GROUP)).containsEntry("fetch.min.bytes", "9");
    assertThat(clients.admin("c")).containsEntry("request.timeout.ms", "1234");
  }

  @Test
  void nothing_overrules_what_the_guarantees_rest_on() {
    assertThat(clients.producer("c", Duration.ZERO, Duration.ofSeconds(30)))
        .containsEntry("acks", "all")
        .containsEntry("enable.idempotence", true)
        .containsEntry("max.in.flight.requests.per.connection", 1);
    assertThat(clients.consumer(GROUP))
        .containsEntry("enable.auto.commit", false)
        .containsEntry(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none")
        .containsEntry("isolation.level", "read_committed");
  }

  @Test
  void settings_of_one_kind_of_client_do_not_reach_another() {
    assertThat(clients.consumer(GROUP)).doesNotContainKeys("linger.ms", "acks");
    assertThat(clients.admin("c")).doesNotContainKeys("linger.ms", "fetch.min.bytes");
  }

  @Test
  void a_member_that_lingers_has_the_broker_wait_for_a_batch() {
    KafkaClients plain = new KafkaClients(new KafkaSettings(Map.of(), Map.of(), Map.of()));
    assertThat(plain.consumer(GROUP)).doesNotContainKeys("fetch.min.bytes", "fetch.max.wait.ms");
    assertThat(plain.consumer(GROUP.lingering(Duration.ofSeconds(7))))
        .containsEntry("fetch.max.wait.ms", 7_000)
        .containsEntry("request.timeout.ms", 12_000)
        .containsEntry("default.api.timeout.ms", 12_000)
        .containsKey("fetch.min.bytes");
  }

  @Test
  void kafka_accepts_the_properties() {
    try (var producer =
            new KafkaProducer<byte[], byte[]>(
                clients.producer("c", Duration.ofMillis(5), Duration.ofSeconds(3)));
        var consumer = new KafkaConsumer<byte[], byte[]>(clients.consumer(GROUP))) {
      assertThat(producer.metrics()).isNotEmpty();
      assertThat(consumer.groupMetadata().groupId()).isEqualTo("g");
    }
  }

  @Test
  void a_longer_request_timeout_raises_the_timeouts_around_it() {
    KafkaClients patient =
        new KafkaClients(
            new KafkaSettings(
                Map.of("bootstrap.servers", "127.0.0.1:1", "request.timeout.ms", "60000"),
                Map.of(),
                Map.of()));
    assertThat(patient.producer("c", Duration.ofMillis(5), Duration.ofSeconds(20)))
        .containsEntry("delivery.timeout.ms", 60_005);
    assertThat(patient.admin("c")).containsEntry("default.api.timeout.ms", 60_000);
  }
}
