package dev.cachetide.cli.look;

import dev.cachetide.runtime.GroupLag;
import dev.cachetide.runtime.GroupLag.Group;
import dev.cachetide.runtime.KafkaClients;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.kafka.common.KafkaException;

/** Asks Kafka, as {@code cachetide lag} does. For one thread. */
public final class KafkaLook implements Source.Question<KafkaFacts>, AutoCloseable {

  private final GroupLag lag;
  private final Map<String, Predicate<String>> groups;
  private final InstantSource clock;

  /**
   * Opens the clients; no server is contacted yet.
   *
   * @param clientId for Kafka's own logs
   * @param groups which topics each reads
   */
  public KafkaLook(
      KafkaClients clients,
      String clientId,
      Map<String, Predicate<String>> groups,
      InstantSource clock) {
    lag = new GroupLag(clients, clientId, clock);
    this.groups = new LinkedHashMap<>(groups);
    this.clock = clock;
  }

  @Override
  public KafkaFacts ask() throws InterruptedException {
    Map<String, Group> found = new LinkedHashMap<>();
    for (Map.Entry<String, Predicate<String>> group : groups.entrySet()) {
      found.put(group.getKey(), lag.look(group.getKey(), group.getValue()));
    }
    return new KafkaFacts(clock.instant(), found);
  }

  @Override
  public String describe(Exception failure) {
    return "Kafka does not answer"
        + (failure instanceof KafkaException
            ? " (" + failure.getClass().getSimpleName() + ")"
            : "");
  }

  @Override
  public void close() {
    lag.close();
  }
}
