package dev.cachetide.runtime;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InterruptException;

/**
 * Notices a topic that was deleted and made anew under the same name. The consumer does not: it
 * reads on from the offset it had in the old one, and what the new one holds before that would be
 * skipped in silence. (Without a consumer there is nothing to notice: Kafka forgets a group's
 * offsets together with the topic.) Safe for any thread.
 */
final class TopicIds {

  private static final Duration PATIENCE = Duration.ofSeconds(3);

  private final Lookup lookup;
  private final Map<String, Uuid> known = new ConcurrentHashMap<>();
  private final Set<String> madeAnew = ConcurrentHashMap.newKeySet();

  TopicIds(Lookup lookup) {
    this.lookup = lookup;
  }

  /** Asks the brokers; the client stays the caller's. */
  static TopicIds of(Admin admin) {
    return new TopicIds(topics -> ask(admin, topics));
  }

  private static Map<String, Uuid> ask(Admin admin, Set<String> topics) {
    DescribeTopicsOptions options =
        new DescribeTopicsOptions().timeoutMs(Math.toIntExact(PATIENCE.toMillis()));
    Map<String, Uuid> ids = new HashMap<>();
    try {
      admin
          .describeTopics(topics, options)
          .allTopicNames()
          .get()
          .forEach((topic, description) -> ids.put(topic, description.topicId()));
    } catch (ExecutionException e) {
      throw e.getCause() instanceof KafkaException cause ? cause : new KafkaException(e);
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
    return ids;
  }

  /**
   * Compares with the last look.
   *
   * @throws KafkaException when the brokers do not answer, or a topic is not there at this moment
   */
  void look(Set<String> topics) {
    if (!topics.isEmpty()) {
      lookup.ids(topics).forEach(this::seen);
    }
  }

  private void seen(String topic, Uuid id) {
    Uuid before = known.put(topic, id);
    if (before != null && !before.equals(id)) {
      madeAnew.add(topic);
    }
  }

  /** The topics made anew since the last call. */
  Set<String> madeAnew() {
    if (madeAnew.isEmpty()) {
      return Set.of();
    }
    Set<String> topics = new HashSet<>(madeAnew);
    madeAnew.removeAll(topics);
    return topics;
  }

  /** Where ids come from. */
  interface Lookup {
    /** The id of each topic. */
    Map<String, Uuid> ids(Set<String> topics);
  }
}
