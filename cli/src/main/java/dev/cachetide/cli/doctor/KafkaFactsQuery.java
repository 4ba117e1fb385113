package dev.cachetide.cli.doctor;

import dev.cachetide.cli.doctor.KafkaFacts.Group;
import dev.cachetide.cli.doctor.KafkaFacts.Topic;
import dev.cachetide.runtime.KafkaClients;
import dev.cachetide.wire.PipelineNames;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.clients.admin.QuorumInfo;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.jspecify.annotations.Nullable;

/** Asks Kafka for {@link KafkaFacts}. What the user may not ask is noted, and the rest asked. */
final class KafkaFactsQuery {

  private static final long LIMIT_SECONDS = 15;
  private static final String METADATA_VERSION = "metadata.version";
  private static final String AUTO_CREATE = "auto.create.topics.enable";

  private final Admin admin;
  private final Map<String, String> refused = new TreeMap<>();

  private KafkaFactsQuery(Admin admin) {
    this.admin = admin;
  }

  /**
   * The facts as they are now.
   *
   * @throws KafkaException when Kafka does not answer
   */
  static KafkaFacts load(KafkaClients clients, PipelineNames names, Collection<String> topics) {
    try (Admin admin = Admin.create(clients.admin("cachetide-doctor"))) {
      return new KafkaFactsQuery(admin).load(names, topics);
    }
  }

  private KafkaFacts load(PipelineNames names, Collection<String> topics) {
    Collection<Node> brokers = answer(admin.describeCluster().nodes());
    Map<String, Topic> described = topics(topics);
    Map<String, Group> groups =
        groups(List.of(names.invalidationGroup(), names.writeBehindGroup()));
    Short version = metadataVersion();
    Boolean autoCreate = autoCreate(brokers);
    Long ahead = aheadMillis();
    return new KafkaFacts(brokers.size(), version, autoCreate, described, groups, refused, ahead);
  }

  private Map<String, Topic> topics(Collection<String> names) {
    Map<String, Topic> topics = new HashMap<>();
    Map<String, KafkaFuture<TopicDescription>> asked =
        admin.describeTopics(names).topicNameValues();
    asked.forEach(
        (name, answer) -> {
          try {
            TopicDescription topic = allowed("Describe of topic " + name, answer);
            if (topic != null) {
              topics.put(name, topic(topic));
            }
          } catch (UnknownTopicOrPartitionException e) {
            // It is missing, which the facts say by not having it.
            topics.remove(name);
          }
        });
    return topics;
  }

  private Topic topic(TopicDescription topic) {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic.name());
    Config config = config("DescribeConfigs of topic " + topic.name(), resource);
    Map<String, String> configs = new HashMap<>();
    if (config != null) {
      for (ConfigEntry entry : config.entries()) {
        if (entry.value() != null) {
          configs.put(entry.name(), entry.value());
        }
      }
    }
    int copies =
        topic.partitions().stream().mapToInt(each -> each.replicas().size()).min().orElse(0);
    return new Topic(topic.partitions().size(), copies, configs);
  }

  private Map<String, Group> groups(List<String> names) {
    Map<String, Group> groups = new HashMap<>();
    admin
        .describeConsumerGroups(names)
        .describedGroups()
        .forEach(
            (name, answer) -> {
              try {
                ConsumerGroupDescription group = allowed("Describe of group " + name, answer);
                if (group != null && group.groupState() != GroupState.DEAD) {
                  groups.put(
                      name,
                      new Group(
                          String.valueOf(group.type()),
                          String.valueOf(group.groupState()),
                          group.members().size()));
                }
              } catch (GroupIdNotFoundException e) {
                // Nobody has consumed yet, which the facts say by not having it.
                groups.remove(name);
              }
            });
    return groups;
  }

  private @Nullable Short metadataVersion() {
    var features = allowed("Describe of the cluster", admin.describeFeatures().featureMetadata());
    FinalizedVersionRange range =
        features == null ? null : features.finalizedFeatures().get(METADATA_VERSION);
    return range == null ? null : range.maxVersionLevel();
  }

  private @Nullable Boolean autoCreate(Collection<Node> brokers) {
    if (brokers.isEmpty()) {
      return null;
    }
    ConfigResource broker =
        new ConfigResource(
            ConfigResource.Type.BROKER, String.valueOf(brokers.iterator().next().id()));
    Config config = config("DescribeConfigs of the cluster", broker);
    ConfigEntry entry = config == null ? null : config.get(AUTO_CREATE);
    return entry == null ? null : Boolean.valueOf(entry.value());
  }

  /** The leader of the quorum tells of itself when it was last up to date: as it answers. */
  private @Nullable Long aheadMillis() {
    try {
      long before = System.currentTimeMillis();
      QuorumInfo quorum =
          allowed("Describe of the cluster", admin.describeMetadataQuorum().quorumInfo());
      long here = (before + System.currentTimeMillis()) / 2;
      if (quorum == null) {
        return null;
      }
      for (QuorumInfo.ReplicaState voter : quorum.voters()) {
        if (voter.replicaId() == quorum.leaderId() && voter.lastCaughtUpTimestamp().isPresent()) {
          return voter.lastCaughtUpTimestamp().getAsLong() - here;
        }
      }
      return null;
    } catch (UnsupportedVersionException e) {
      // A server that does not speak of its quorum has a clock all the same, that nobody can ask.
      return null;
    }
  }

  private @Nullable Config config(String what, ConfigResource resource) {
    Map<ConfigResource, Config> configs =
        allowed(what, admin.describeConfigs(Set.of(resource)).all());
    return configs == null ? null : configs.get(resource);
  }

  /** Null when Kafka refuses to tell; it is noted then. */
  private <T> @Nullable T allowed(String what, KafkaFuture<T> future) {
    try {
      return answer(future);
    } catch (AuthorizationException e) {
      refused.put(what, String.valueOf(e.getMessage()));
      return null;
    }
  }

  private static <T> T answer(KafkaFuture<T> future) {
    try {
      return future.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof KafkaException cause ? cause : new KafkaException(e.getCause());
    } catch (TimeoutException e) {
      throw new org.apache.kafka.common.errors.TimeoutException("no answer from Kafka", e);
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }
}
