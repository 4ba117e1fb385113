package dev.cachetide.cli;

import dev.cachetide.cli.look.KafkaFacts;
import dev.cachetide.cli.look.KafkaLook;
import dev.cachetide.cli.look.LettersLook;
import dev.cachetide.cli.look.PostgresFacts;
import dev.cachetide.cli.look.PostgresLook;
import dev.cachetide.cli.look.RedisLook;
import dev.cachetide.cli.look.Source;
import dev.cachetide.cli.look.Source.Seen;
import dev.cachetide.cli.look.WorkerFacts;
import dev.cachetide.cli.look.WorkerLook;
import dev.cachetide.invalidation.RedisSigns;
import dev.cachetide.runtime.KafkaClients;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.wire.PipelineNames;
import java.net.URI;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Asks all servers of a pipeline at once, so that one that hangs does not hold up the others. */
final class StatusLook implements AutoCloseable {

  private static final String CLIENT = "cachetide-status";

  private final PipelineSettings settings;
  private final Set<URI> expected;
  private final InstantSource clock = InstantSource.system();
  private final PostgresLook postgres;
  private final KafkaLook kafka;
  private final @Nullable RedisLook redis;
  private final LettersLook letters;
  private final Source<PostgresFacts> askPostgres;
  private final Source<KafkaFacts> askKafka;
  private final @Nullable Source<RedisSigns> askRedis;
  private final Source<WorkerFacts> askWorkers;
  private final Source<Long> askLetters;
  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "status-look");
            thread.setDaemon(true);
            return thread;
          });

  /**
   * Opens the clients; no server is contacted yet.
   *
   * @param settings must name Postgres and Kafka
   * @param given pages of workers that somebody has named; when empty, the configured one is asked
   */
  StatusLook(PipelineSettings settings, List<URI> given) {
    this.settings = settings;
    expected = Set.copyOf(given);
    postgres =
        new PostgresLook(
            new PostgresConnector(Objects.requireNonNull(settings.postgres()), CLIENT),
            settings.names());
    kafka =
        new KafkaLook(
            new KafkaClients(Objects.requireNonNull(settings.kafka())),
            CLIENT,
            groups(settings),
            clock);
    redis = settings.redis() == null ? null : new RedisLook(settings.redis(), settings.names());
    letters = new LettersLook(settings);
    askPostgres = new Source<>("Postgres", postgres, clock);
    askKafka = new Source<>("Kafka", kafka, clock);
    askRedis = redis == null ? null : new Source<>("Redis", redis, clock);
    List<URI> pages = given.isEmpty() ? PagesOption.configured(settings.http()) : given;
    askWorkers = new Source<>("workers", new WorkerLook(pages), clock);
    askLetters = new Source<>("dead letters", letters, clock);
  }

  private static Map<String, Predicate<String>> groups(PipelineSettings settings) {
    PipelineNames names = settings.names();
    ReadTopics reads = new ReadTopics(settings);
    Map<String, Predicate<String>> groups = new LinkedHashMap<>();
    groups.put(names.invalidationGroup(), reads::byInvalidation);
    groups.put(names.writeBehindGroup(), reads::byWriteBehind);
    return groups;
  }

  /** Looks once; takes as long as the slowest server, each of which is given up at some time. */
  StatusPicture look() {
    CompletableFuture<Seen<PostgresFacts>> ofPostgres = ask(askPostgres);
    CompletableFuture<Seen<KafkaFacts>> ofKafka = ask(askKafka);
    CompletableFuture<Seen<RedisSigns>> ofRedis = askRedis == null ? null : ask(askRedis);
    CompletableFuture<Seen<WorkerFacts>> ofWorkers = ask(askWorkers);
    CompletableFuture<Seen<Long>> ofLetters = ask(askLetters);
    return new StatusPicture(
        settings,
        clock.instant(),
        ofPostgres.join(),
        ofKafka.join(),
        ofRedis == null ? null : ofRedis.join(),
        ofWorkers.join(),
        ofLetters.join(),
        expected);
  }

  private <T> CompletableFuture<Seen<T>> ask(Source<T> source) {
    return CompletableFuture.supplyAsync(source::look, threads);
  }

  @Override
  public void close() {
    threads.shutdownNow();
    postgres.close();
    kafka.close();
    if (redis != null) {
      redis.close();
    }
    letters.close();
  }
}
