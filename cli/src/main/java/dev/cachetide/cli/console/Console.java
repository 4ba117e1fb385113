package dev.cachetide.cli.console;

import dev.cachetide.cli.look.KafkaLook;
import dev.cachetide.cli.look.LettersLook;
import dev.cachetide.cli.look.PostgresLook;
import dev.cachetide.cli.look.Source;
import dev.cachetide.cli.look.WorkerLook;
import dev.cachetide.cli.parked.DeadLetters;
import dev.cachetide.runtime.KafkaClients;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.settings.PipelineSettings;
import java.net.BindException;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;

/**
 * The operations console of a pipeline: looks at its servers by itself, and serves what it sees.
 *
 * <p>By default it listens on the loopback address and changes nothing. With a token it does what
 * the token's bearer asks for; where others than this machine reach it, nothing is shown without
 * the token. What cannot be reached is shown as such.
 */
public final class Console implements AutoCloseable {

  private final ConsoleSettings settings;
  private final PostgresLook postgres;
  private final KafkaLook kafka;
  private final LettersLook parked;
  private final Watch watch;
  private final LettersApi letters;
  private final ConsoleServer server;

  /**
   * Opens the clients; no server is contacted yet.
   *
   * @param pipeline must name Postgres and Kafka
   * @param invalidated which topics the invalidation workers read
   * @param written which topics the write-behind workers read
   */
  public Console(
      PipelineSettings pipeline,
      ConsoleSettings settings,
      RuleView rules,
      Predicate<String> invalidated,
      Predicate<String> written) {
    this.settings = settings;
    InstantSource clock = InstantSource.system();
    Map<String, Predicate<String>> groups = new LinkedHashMap<>();
    groups.put(pipeline.names().invalidationGroup(), invalidated);
    groups.put(pipeline.names().writeBehindGroup(), written);
    postgres =
        new PostgresLook(
            new PostgresConnector(
                Objects.requireNonNull(pipeline.postgres(), "postgres"), "cachetide-console"),
            pipeline.names());
    kafka =
        new KafkaLook(
            new KafkaClients(Objects.requireNonNull(pipeline.kafka(), "kafka")),
            "cachetide-console",
            groups,
            clock);
    parked = new LettersLook(pipeline);
    watch =
        new Watch(
            new Source<>("Postgres", postgres, clock),
            new Source<>("Kafka", kafka, clock),
            new Source<>("workers", new WorkerLook(settings.metrics()), clock),
            new Source<>("dead letters", parked, clock),
            new Differences(pipeline.invalidation().canaryLimit()),
            clock);
    letters = new LettersApi(new DeadLetters(pipeline));
    server =
        new ConsoleServer(
            settings,
            new ConsoleApi(pipeline, settings, watch, rules),
            letters,
            new Actions(pipeline, rules, clock));
  }

  /**
   * Begins to look and to listen.
   *
   * @throws BindException when the address cannot be listened on
   */
  public void start() throws BindException {
    server.start();
    watch.start();
  }

  /** Where a browser finds it. */
  public String url() {
    String host = settings.host().contains(":") ? "[" + settings.host() + "]" : settings.host();
    return "http://" + host + ":" + server.port() + "/";
  }

  @Override
  public void close() {
    server.close();
    watch.close();
    postgres.close();
    kafka.close();
    parked.close();
    letters.close();
  }
}
