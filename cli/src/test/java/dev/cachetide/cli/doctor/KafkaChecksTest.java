package dev.cachetide.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.cli.doctor.Finding.Section;
import dev.cachetide.runtime.PipelineTopics;
import dev.cachetide.runtime.settings.PipelineSettings;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kafka as a test stack does not bring it about, by facts made up for it. */
@SuppressWarnings("NullAway.Init")
final class KafkaChecksTest {

  @TempDir private static Path directory;
  private static PipelineSettings settings;

  @BeforeAll
  static void read() throws Exception {
    settings = Made.settings(directory, Made.SHOP);
  }

  @Test
  void copies_of_a_topic_are_held_against_what_a_write_needs() {
    assertThat(kafka(topic(2, 2, "min.insync.replicas", "3")))
        .containsExactly(
            "FAIL replication: shop.writes has 2 copies, and min.insync.replicas is 3: nothing can"
                + " be written");
    assertThat(kafka(topic(6, 2, "min.insync.replicas", "2")))
        .singleElement()
        .asString()
        .startsWith("WARN replication: shop.writes has as many copies");
    assertThat(kafka(topic(6, 3, "min.insync.replicas", "2"))).isEmpty();
  }

  @Test
  void what_removes_accepted_writes_early_is_found() {
    assertThat(kafka(topic(6, 3, "retention.bytes", "1000000")))
        .containsExactly(
            "WARN retention: shop.writes: retention.bytes is set: a longer backlog loses accepted"
                + " writes");
    assertThat(kafka(topic(6, 3, "message.timestamp.type", "CreateTime")))
        .singleElement()
        .asString()
        .startsWith("WARN timestamps: shop.writes has CreateTime");
  }

  @Test
  void a_refusal_of_kafka_is_told_as_such_and_not_as_a_missing_topic() {
    KafkaFacts facts =
        new KafkaFacts(
            3,
            (short) 25,
            true,
            Map.of(),
            Map.of("shop.write-behind", new KafkaFacts.Group("Consumer", "Stable", 1)),
            Map.of("Describe of topic shop.writes", "Topic authorization failed."),
            null);

    assertThat(kafka(facts))
        .contains(
            "WARN ACL: Kafka refuses Describe of topic shop.writes, so that it is not checked:"
                + " Topic authorization failed.")
        .anyMatch(line -> line.startsWith("WARN auto.create.topics.enable: true"))
        .anyMatch(line -> line.startsWith("FAIL group: shop.write-behind speaks the protocol"))
        .noneMatch(line -> line.contains("shop.writes is missing"));
  }

  private static KafkaFacts topic(int partitions, int copies, String name, String value) {
    Map<String, String> configs =
        new HashMap<>(
            Map.of(
                "cleanup.policy", "delete",
                "retention.ms", "604800000",
                "retention.bytes", "-1",
                "message.timestamp.type", "LogAppendTime"));
    configs.put(name, value);
    return new KafkaFacts(
        3,
        null,
        false,
        Map.of("shop.writes", new KafkaFacts.Topic(Math.max(6, partitions), copies, configs)),
        Map.of("shop.write-behind", new KafkaFacts.Group("Classic", "Stable", 1)),
        Map.of(),
        null);
  }

  private static List<String> kafka(KafkaFacts facts) {
    Report report = new Report(Section.KAFKA);
    new KafkaChecks(
            settings,
            EnumSet.of(Program.WRITE_BEHIND),
            List.of(PipelineTopics.writes("shop.writes", settings.writebehind())))
        .all()
        .forEach(check -> check.look(facts, report));
    return Made.lines(report);
  }
}
