package dev.cachetide.ingest;

import dev.cachetide.runtime.KafkaClients;
import dev.cachetide.runtime.PipelineTopics;
import dev.cachetide.runtime.settings.IngestSettings;
import dev.cachetide.wire.PipelineNames;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Creates the change topics, explicitly, so that nobody's broker defaults decide how many
 * partitions a table has or how long its events stay.
 *
 * <p>A topic that exists is left as it is; what speaks against it is said once.
 */
final class TopicAdmin {

  private static final Logger log = LoggerFactory.getLogger(TopicAdmin.class);
  private static final long TIMEOUT_SECONDS = 15;

  private final KafkaClients clients;
  private final IngestSettings settings;
  private final String clientId;

  TopicAdmin(KafkaClients clients, IngestSettings settings, String clientId) {
    this.clients = clients;
    this.settings = settings;
    this.clientId = clientId;
  }

  /**
   * Returns once every topic exists.
   *
   * @throws ExecutionException when Kafka refuses or is away
   * @throws TimeoutException when it does not answer
   */
  void ensure(Collection<String> topics)
      throws ExecutionException, TimeoutException, InterruptedException {
    try (Admin admin = Admin.create(clients.admin(clientId))) {
      List<NewTopic> wanted =
          topics.stream().map(topic -> PipelineTopics.change(topic, settings)).toList();
      Map<String, KafkaFuture<Void>> created = admin.createTopics(wanted).values();
      List<String> existing = new ArrayList<>();
      for (Map.Entry<String, KafkaFuture<Void>> each : created.entrySet()) {
        if (!wasCreated(each.getValue())) {
          existing.add(each.getKey());
        }
      }
      check(admin, existing);
    }
  }

  /**
   * Returns once the topics exist that hold what became of write commands: in one partition,
   * because receipts have one order.
   *
   * @throws ExecutionException when Kafka refuses or is away
   * @throws TimeoutException when it does not answer
   */
  void ensureSingle(PipelineNames names, Duration receiptRetention)
      throws ExecutionException, TimeoutException, InterruptedException {
    try (Admin admin = Admin.create(clients.admin(clientId))) {
      Map<String, KafkaFuture<Void>> created =
          admin
              .createTopics(
                  List.of(
                      PipelineTopics.receipts(
                          names, settings.replicationFactor(), receiptRetention),
                      // the invalidation worker makes it as well, but need not have started yet
                      PipelineTopics.requests(names, settings.replicationFactor())))
              .values();
      for (KafkaFuture<Void> each : created.values()) {
        boolean existed = !wasCreated(each);
        log.atDebug().addKeyValue("existed", existed).log("topic is there");
      }
    }
  }

  /**
   * Returns once the topic of the heartbeats exists.
   *
   * @throws ExecutionException when Kafka refuses or is away
   * @throws TimeoutException when it does not answer
   */
  void ensureHeartbeat(PipelineNames names)
      throws ExecutionException, TimeoutException, InterruptedException {
    NewTopic wanted = PipelineTopics.heartbeat(names, settings.replicationFactor());
    try (Admin admin = Admin.create(clients.admin(clientId))) {
      for (KafkaFuture<Void> each : admin.createTopics(List.of(wanted)).values().values()) {
        boolean existed = !wasCreated(each);
        log.atDebug().addKeyValue("existed", existed).log("topic of heartbeats is there");
      }
    }
  }

  private static boolean wasCreated(KafkaFuture<Void> creation)
      throws ExecutionException, TimeoutException, InterruptedException {
    try {
      creation.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
      return true;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof TopicExistsException) {
        return false;
      }
      throw e;
    }
  }

  private void check(Admin admin, List<String> topics)
      throws ExecutionException, TimeoutException, InterruptedException {
    List<ConfigResource> resources =
        topics.stream().map(t -> new ConfigResource(ConfigResource.Type.TOPIC, t)).toList();
    Map<String, TopicDescription> descriptions =
        admin.describeTopics(topics).allTopicNames().get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    Map<ConfigResource, Config> configs =
        admin.describeConfigs(resources).all().get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    for (Map.Entry<ConfigResource, Config> each : configs.entrySet()) {
      warnIfCompacted(each.getKey().name(), each.getValue());
    }
    descriptions.values().forEach(this::warnIfNarrow);
  }

  private static void warnIfCompacted(String topic, Config config) {
    String policy = config.get(TopicConfig.CLEANUP_POLICY_CONFIG).value();
    if (policy.contains(TopicConfig.CLEANUP_POLICY_COMPACT)) {
      log.atWarn()
          .addKeyValue("topic", topic)
          .log("the topic is compacted: workers that fall behind miss changes between the latest");
    }
  }

  private void warnIfNarrow(TopicDescription description) {
    if (description.partitions().size() < settings.partitions()) {
      log.atWarn()
          .addKeyValue("topic", description.name())
          .addKeyValue("partitions", description.partitions().size())
          .addKeyValue("wanted", settings.partitions())
          .log("the topic has fewer partitions than configured");
    }
  }
}
