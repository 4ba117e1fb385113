package dev.cachetide.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.runtime.KafkaClients;
import dev.cachetide.runtime.settings.Defaults;
import dev.cachetide.runtime.settings.KafkaSettings;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Test;

class TopicAdminIT {

  private final KafkaClients clients =
      new KafkaClients(
          new KafkaSettings(
              Map.of("bootstrap.servers", World.sandbox().kafka().bootstrapServers()),
              Map.of(),
              Map.of()));

  @Test
  void topics_are_created_as_configured_and_existing_ones_are_left_alone() throws Exception {
    try (Admin admin = Admin.create(clients.admin("test"))) {
      NewTopic compacted =
          new NewTopic("admin.old", Optional.of(1), Optional.empty())
              .configs(Map.of("cleanup.policy", "compact"));
      admin.createTopics(List.of(compacted)).all().get();
      TopicAdmin topics = new TopicAdmin(clients, Defaults.INGEST, "test");
      topics.ensure(List.of("admin.old", "admin.new"));
      topics.ensure(List.of("admin.old", "admin.new"));

      var descriptions =
          admin.describeTopics(List.of("admin.old", "admin.new")).allTopicNames().get();
      assertThat(descriptions.get("admin.old").partitions()).hasSize(1);
      assertThat(descriptions.get("admin.new").partitions()).hasSize(6);
      ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, "admin.new");
      Config config = admin.describeConfigs(List.of(resource)).all().get().get(resource);
      assertThat(config.get("message.timestamp.type").value()).isEqualTo("LogAppendTime");
      assertThat(config.get("cleanup.policy").value()).isEqualTo("delete");
      assertThat(config.get("retention.ms").value()).isEqualTo("604800000");
    }
  }
}
