package dev.cachetide.runtime;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;

/**
 * How many partitions the whole group reads: those of every subscribed topic that exists. One
 * member's assignment does not tell. Looked up by the probe's thread, read by any.
 */
final class GroupSize {

  private static final int PATIENCE_MILLIS = Math.toIntExact(Duration.ofSeconds(3).toMillis());

  private final Lookup lookup;
  private volatile OptionalInt known = OptionalInt.empty();

  GroupSize(Lookup lookup) {
    this.lookup = lookup;
  }

  /** Asks the brokers; the client stays the caller's. */
  static GroupSize of(Admin admin, Topics topics) {
    return new GroupSize(() -> ask(admin, topics));
  }

  private static int ask(Admin admin, Topics topics) {
    try {
      Set<String> all =
          admin.listTopics(new ListTopicsOptions().timeoutMs(PATIENCE_MILLIS)).names().get();
      List<String> ours = all.stream().filter(topics::contains).toList();
      Collection<TopicDescription> found =
          admin
              .describeTopics(ours, new DescribeTopicsOptions().timeoutMs(PATIENCE_MILLIS))
              .allTopicNames()
              .get()
              .values();
      return found.stream().mapToInt(topic -> topic.partitions().size()).sum();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof KafkaException cause ? cause : new KafkaException(e);
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  /**
   * Asks again.
   *
   * @throws KafkaException when the brokers do not answer, or a topic goes away at this moment;
   *     what was known stays
   */
  void look() {
    known = OptionalInt.of(lookup.partitions());
  }

  /** As of the last look; empty before the first. */
  OptionalInt known() {
    return known;
  }

  /** Where the number comes from. */
  interface Lookup {
    /** As it is now. */
    int partitions();
  }
}
