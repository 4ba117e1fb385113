package dev.cachetide.sandbox;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A whole world on one machine: a real Postgres, Kafka and Redis on free loopback ports, started
 * side by side.
 *
 * <p>Closing stops them in reverse order (Redis, Kafka, Postgres) and deletes what was temporary. A
 * JVM that ends without closing, by Ctrl-C or {@code kill -9}, leaves neither processes nor
 * temporary folders behind; there is no shutdown hook that would race with the program's own.
 */
public final class Sandbox implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Sandbox.class);

  private final @Nullable SandboxPostgres postgres;
  private final @Nullable SandboxKafka kafka;
  private final @Nullable SandboxRedis redis;

  private Sandbox(
      @Nullable SandboxPostgres postgres,
      @Nullable SandboxKafka kafka,
      @Nullable SandboxRedis redis) {
    this.postgres = postgres;
    this.kafka = kafka;
    this.redis = redis;
  }

  /** All three servers, in temporary folders, unless said otherwise. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * All three servers, in temporary folders.
   *
   * @throws SandboxException when one does not come up
   */
  public static Sandbox start() {
    return builder().start();
  }

  /** Throws {@link IllegalStateException} when this sandbox was built without it. */
  public SandboxPostgres postgres() {
    return present(postgres, "postgres");
  }

  /** Throws {@link IllegalStateException} when this sandbox was built without it. */
  public SandboxKafka kafka() {
    return present(kafka, "kafka");
  }

  /** Throws {@link IllegalStateException} when this sandbox was built without it. */
  public SandboxRedis redis() {
    return present(redis, "redis");
  }

  /** Idempotent; a server that fails to stop does not keep the others running. */
  @Override
  public void close() {
    List<SandboxServer> servers = new ArrayList<>();
    for (SandboxServer server : new SandboxServer[] {redis, kafka, postgres}) {
      if (server != null) {
        servers.add(server);
      }
    }
    closeAll(servers);
  }

  private static <S> S present(@Nullable S server, String name) {
    if (server == null) {
      throw new IllegalStateException("this sandbox was built without " + name);
    }
    return server;
  }

  /** In the order given; one that fails does not keep the others running. */
  static void closeAll(List<? extends SandboxServer> servers) {
    @Nullable SandboxException failure = null;
    for (SandboxServer server : servers) {
      try {
        server.close();
      } catch (RuntimeException e) {
        if (failure == null) {
          failure = new SandboxException(server.name() + " did not stop", e);
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** Not thread-safe. */
  public static final class Builder {
    private @Nullable Path dataDirectory;
    private boolean withPostgres = true;
    private boolean withKafka = true;
    private boolean withRedis = true;
    private Consumer<SandboxPostgres.Builder> postgresChoices = builder -> {};
    private Consumer<SandboxKafka.Builder> kafkaChoices = builder -> {};
    private Consumer<SandboxRedis.Builder> redisChoices = builder -> {};

    private Builder() {}

    /**
     * A folder that stays and in which a later sandbox finds the data again, Redis's included; each
     * server gets a folder inside.
     */
    public Builder dataDirectory(Path dataDirectory) {
      this.dataDirectory = dataDirectory;
      return this;
    }

    public Builder withoutPostgres() {
      withPostgres = false;
      return this;
    }

    public Builder withoutKafka() {
      withKafka = false;
      return this;
    }

    public Builder withoutRedis() {
      withRedis = false;
      return this;
    }

    /** Called with Postgres's builder before it starts. */
    public Builder postgres(Consumer<SandboxPostgres.Builder> choices) {
      postgresChoices = choices;
      return this;
    }

    /** Called with Kafka's builder before it starts. */
    public Builder kafka(Consumer<SandboxKafka.Builder> choices) {
      kafkaChoices = choices;
      return this;
    }

    /** Called with Redis's builder before it starts. */
    public Builder redis(Consumer<SandboxRedis.Builder> choices) {
      redisChoices = choices;
      return this;
    }

    /**
     * Starts the servers side by side and returns when all answer.
     *
     * @throws SandboxException naming the server that did not come up; the others are stopped again
     */
    public Sandbox start() {
      log.atDebug().log("sandbox starting");
      Launch<SandboxPostgres> postgres = Launch.of("postgres", withPostgres, this::startPostgres);
      Launch<SandboxKafka> kafka = Launch.of("kafka", withKafka, this::startKafka);
      Launch<SandboxRedis> redis = Launch.of("redis", withRedis, this::startRedis);
      List<SandboxServer> started = new ArrayList<>();
      @Nullable SandboxException failure = null;
      for (Launch<?> launch : List.of(redis, kafka, postgres)) {
        try {
          SandboxServer server = launch.await();
          if (server != null) {
            started.add(server);
          }
        } catch (CompletionException e) {
          Throwable cause = e.getCause() == null ? e : e.getCause();
          failure = new SandboxException(launch.name() + " did not start", cause);
        }
      }
      if (failure != null) {
        closeAll(started);
        throw failure;
      }
      return new Sandbox(postgres.await(), kafka.await(), redis.await());
    }

    private SandboxPostgres startPostgres() {
      SandboxPostgres.Builder builder = SandboxPostgres.builder();
      if (dataDirectory != null) {
        builder.directory(dataDirectory.resolve("postgres"));
      }
      postgresChoices.accept(builder);
      return builder.start();
    }

    private SandboxKafka startKafka() {
      SandboxKafka.Builder builder = SandboxKafka.builder();
      if (dataDirectory != null) {
        builder.directory(dataDirectory.resolve("kafka"));
      }
      kafkaChoices.accept(builder);
      return builder.start();
    }

    private SandboxRedis startRedis() {
      SandboxRedis.Builder builder = SandboxRedis.builder();
      if (dataDirectory != null) {
        builder.directory(dataDirectory.resolve("redis")).persistent();
      }
      redisChoices.accept(builder);
      return builder.start();
    }
  }

  /** One server on its way up; a null server is one that is not wanted. */
  private record Launch<S extends SandboxServer>(
      String name, CompletableFuture<@Nullable S> server) {

    static <S extends SandboxServer> Launch<S> of(
        String name, boolean wanted, Supplier<S> starting) {
      if (!wanted) {
        return new Launch<>(name, CompletableFuture.completedFuture(null));
      }
      return new Launch<>(
          name,
          CompletableFuture.supplyAsync(
              starting, task -> new Thread(task, "sandbox-start-" + name).start()));
    }

    @Nullable S await() {
      return server.join();
    }
  }
}
