package dev.cachetide.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.WritePublisher;
import dev.cachetide.sandbox.Sandbox;
import dev.cachetide.sandbox.TcpProxy;
import dev.cachetide.wire.PipelineNames;
import dev.cachetide.wire.WriteCommand;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each server goes away under load and comes back: no process dies, nothing is lost, lag returns to
 * zero, and readiness says no and then yes.
 */
final class OutagesIT {

  private static final Duration OUTAGE = Duration.ofSeconds(Scale.of(6, 30));
  private static final String BODY =
      """
      rules:
        - name: items
          source: { schema: public, table: items }
          evict: [ { key: "item:{id}" } ]
      writes:
        - table: public.counters
          key: [id]
      """;

  @TempDir private Path directory;

  @Test
  void redis_kafka_and_postgres_go_away_under_load_and_nothing_is_lost() throws Exception {
    try (Sandbox sandbox = Sandbox.start();
        TcpProxy toRedis = TcpProxy.to(sandbox.redis().port())) {
      try (Connection connection = sandbox.postgres().connect()) {
        execute(connection, "CREATE TABLE items (id int PRIMARY KEY, n int NOT NULL)");
        execute(connection, "CREATE TABLE counters (id int PRIMARY KEY, n bigint NOT NULL)");
        execute(connection, "INSERT INTO counters SELECT i, 0 FROM generate_series(0, 9) i");
      }
      int port = FreePort.find();
      Path config =
          PipelineFile.on(sandbox)
              .redisUri("redis://127.0.0.1:" + toRedis.port())
              .httpPort(port)
              .body(BODY)
              .write(directory);
      try (RoleProcess roles =
              RoleProcess.start(directory, config, port, "ingest", "invalidate", "write-behind");
          CacheKeys cache = new CacheKeys(sandbox.redis().uri())) {
        roles.awaitReady();
        try (Traffic traffic = new Traffic(sandbox, cache)) {
          outage("Redis", roles, toRedis::cut, toRedis::restore);
          outage("Kafka", roles, sandbox.kafka()::stop, sandbox.kafka()::start);
          outage("Postgres", roles, sandbox.postgres()::stop, sandbox.postgres()::start);
          traffic.stopAndRequireNothingLost();
        }
        roles.awaitReady();
      }
    }
  }

  private static void outage(String what, RoleProcess roles, Runnable begin, Runnable end)
      throws InterruptedException {
    long began = System.nanoTime();
    begin.run();
    Awaitility.await(what + " is away, readiness says no")
        .atMost(Duration.ofSeconds(20))
        .until(() -> roles.readiness() == 503);
    Duration left = OUTAGE.minusNanos(System.nanoTime() - began);
    if (!left.isNegative()) {
      Awaitility.await(what + " stays away, readiness stays at no")
          .pollInterval(Duration.ofMillis(200))
          .during(left)
          .atMost(left.plusSeconds(20))
          .until(() -> roles.readiness() == 503);
    }
    assertThat(roles.isAlive()).as("alive without " + what).isTrue();
    end.run();
    roles.awaitReady();
    System.out.printf(
        "%s away for %.1f s, ready again after %.1f s%n",
        what, OUTAGE.toMillis() / 1e3, (System.nanoTime() - began) / 1e9 - OUTAGE.toMillis() / 1e3);
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Rows that are inserted and increments that are published, whoever is away. */
  private static final class Traffic implements AutoCloseable {

    private final Sandbox sandbox;
    private final CacheKeys cache;
    private final WritePublisher publisher;
    private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(2);
    private final AtomicInteger nextId = new AtomicInteger();
    private final ConcurrentLinkedQueue<String> changed = new ConcurrentLinkedQueue<>();
    private final AtomicInteger unknown = new AtomicInteger();
    private final AtomicInteger accepted = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private final ConcurrentLinkedQueue<CompletableFuture<?>> writes =
        new ConcurrentLinkedQueue<>();
    private final Future<?> inserting;
    private final Future<?> publishing;

    Traffic(Sandbox sandbox, CacheKeys cache) {
      this.sandbox = sandbox;
      this.cache = cache;
      publisher =
          new WritePublisher(
              new PipelineNames("system"),
              Map.of("bootstrap.servers", sandbox.kafka().bootstrapServers()));
      inserting = timer.scheduleWithFixedDelay(this::insert, 0, 10, TimeUnit.MILLISECONDS);
      publishing = timer.scheduleWithFixedDelay(this::publish, 0, 10, TimeUnit.MILLISECONDS);
    }

    private void insert() {
      int first = nextId.getAndAdd(20);
      List<String> keys =
          java.util.stream.IntStream.range(first, first + 20).mapToObj(i -> "item:" + i).toList();
      cache.set(keys);
      try (Connection connection = sandbox.postgres().connect()) {
        execute(
            connection,
            "INSERT INTO items SELECT i, 0 FROM generate_series(%d, %d) i"
                .formatted(first, first + 19));
        changed.addAll(keys);
      } catch (SQLException e) {
        // Postgres is away. Whether this transaction was committed is unknown, so its keys are not
        // among those that have to leave.
        unknown.incrementAndGet();
      }
    }

    private void publish() {
      for (int i = 0; i < 20; i++) {
        writes.add(
            publisher
                .publish(
                    WriteCommand.delta("public.counters", Map.of("id", i % 10), Map.of("n", 1)))
                .handle((ok, failure) -> (failure == null ? accepted : refused).incrementAndGet()));
      }
    }

    void stopAndRequireNothingLost() throws Exception {
      assertThat(inserting.isDone() || publishing.isDone()).as("the traffic has failed").isFalse();
      timer.shutdown();
      assertThat(timer.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
      CompletableFuture.allOf(writes.toArray(CompletableFuture[]::new)).get(2, TimeUnit.MINUTES);
      System.out.printf(
          "%d rows changed (%d transactions unanswered), %d writes accepted, %d refused%n",
          changed.size(), unknown.get(), accepted.get(), refused.get());
      cache.awaitGone(Duration.ofMinutes(2), changed);
      Awaitility.await("every accepted increment is in Postgres")
          .atMost(Duration.ofMinutes(2))
          .until(this::counted, sum -> sum >= accepted.get());
      // A write that was refused because no acknowledgement came may have been stored all the same.
      assertThat(counted())
          .as("increments, each once")
          .isBetween((long) accepted.get(), (long) accepted.get() + refused.get());
    }

    private long counted() throws SQLException {
      try (Connection connection = sandbox.postgres().connect();
          Statement statement = connection.createStatement();
          ResultSet result = statement.executeQuery("SELECT sum(n) FROM counters")) {
        result.next();
        return result.getLong(1);
      }
    }

    @Override
    public void close() {
      timer.shutdownNow();
      publisher.close();
    }
  }
}
