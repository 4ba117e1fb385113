package dev.cachetide.cli;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TopicExistsException;

/** Makes topics, removes them, and sees what is different about those that exist. */
final class TopicMaker {

  private static final long LIMIT_SECONDS = 15;

  private final Admin admin;

  /** Works with a client that stays the caller's. */
  TopicMaker(Admin admin) {
    this.admin = admin;
  }

  /**
   * Makes what is missing.
   *
   * @param dryRun asks the brokers only whether they would
   * @return what became of each, by name
   * @throws KafkaException when Kafka does not answer
   */
  List<Made> make(Collection<NewTopic> wanted, boolean dryRun) {
    Map<String, KafkaFuture<Void>> answers =
        admin.createTopics(wanted, new CreateTopicsOptions().validateOnly(dryRun)).values();
    Map<String, Made> made = new TreeMap<>();
    for (NewTopic topic : wanted) {
      made.put(topic.name(), outcome(topic, Objects.requireNonNull(answers.get(topic.name()))));
    }
    return List.copyOf(made.values());
  }

  private Made outcome(NewTopic topic, KafkaFuture<Void> answer) {
    try {
      answer(answer);
      return new Made(topic.name(), State.MADE, List.of());
    } catch (TopicExistsException e) {
      List<String> differences = differences(topic);
      return new Made(
          topic.name(), differences.isEmpty() ? State.AS_WANTED : State.DIFFERS, differences);
    } catch (RetriableException e) {
      throw e;
    } catch (ApiException e) {
      return new Made(topic.name(), State.REFUSED, List.of(String.valueOf(e.getMessage())));
    }
  }

  /** Those of these topics that exist. */
  Set<String> existing(Collection<String> names) {
    Set<String> all = answer(admin.listTopics().names());
    return names.stream().filter(all::contains).collect(Collectors.toSet());
  }

  /** Removes topics with all that they hold. */
  void remove(Collection<String> names) {
    answer(admin.deleteTopics(names).all());
  }

  private List<String> differences(NewTopic wanted) {
    List<String> differences = new ArrayList<>();
    String name = wanted.name();
    TopicDescription topic = answer(admin.describeTopics(Set.of(name)).allTopicNames()).get(name);
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, name);
    Config config = answer(admin.describeConfigs(Set.of(resource)).all()).get(resource);
    if (topic != null && topic.partitions().size() != wanted.numPartitions()) {
      differences.add(
          "partitions " + topic.partitions().size() + ", configured " + wanted.numPartitions());
    }
    if (topic != null && wanted.replicationFactor() > 0) {
      int copies = topic.partitions().get(0).replicas().size();
      if (copies != wanted.replicationFactor()) {
        differences.add(
            "replication factor " + copies + ", configured " + wanted.replicationFactor());
      }
    }
    new TreeMap<>(wanted.configs())
        .forEach(
            (key, value) -> {
              ConfigEntry entry = config == null ? null : config.get(key);
              if (entry != null && !value.equals(entry.value())) {
                differences.add(key + " " + entry.value() + ", configured " + value);
              }
            });
    return differences;
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

  /** What became of a topic. */
  enum State {
    MADE("made"),
    AS_WANTED("as wanted"),
    DIFFERS("differs"),
    REFUSED("refused");

    private final String word;

    State(String word) {
      this.word = word;
    }

    String word(boolean dryRun) {
      return this == MADE && dryRun ? "would make" : word;
    }
  }

  /**
   * One topic.
   *
   * @param differences from what the configuration says; of one that was refused, Kafka's words
   */
  record Made(String topic, State state, List<String> differences) {
    Made {
      differences = List.copyOf(differences);
    }
  }
}
