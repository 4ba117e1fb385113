package dev.cachetide.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.WritePublisher;
import dev.cachetide.sandbox.Sandbox;
import dev.cachetide.wire.PipelineNames;
import dev.cachetide.wire.WriteCommand;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Write-behind workers are killed, and one is paused until it is a zombie, while commands with
 * increments flow into a table that has no unique constraint: a repetition would show as a second
 * row or as a wrong sum, a loss as a missing one.
 */
final class WriteBehindKillIT {

  private static final int COMMANDS = Scale.of(20_000, 200_000);
  private static final int KILLS = Scale.of(3, 20);
  private static final int ACCOUNTS = 400;

  @TempDir private Path directory;
  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);

  @Test
  void every_increment_counts_once_and_every_row_is_the_last_in_the_log() throws Exception {
    System.out.println("seed " + seed);
    try (Sandbox sandbox = Sandbox.start();
        Connection connection = sandbox.postgres().connect()) {
      execute(
          connection,
          "CREATE TABLE ledger (account int, balance bigint DEFAULT 0, note text, hits int DEFAULT 0)");
      Path config =
          PipelineFile.on(sandbox)
              .body(
                  """
                  writes:
                    - table: public.ledger
                      key: [account]
                  writebehind: { maxPollInterval: 10s, maxPollRecords: 500 }
                  """)
              .write(directory);
      Map<Integer, Account> expected = new HashMap<>();
      try (Workers workers = new Workers(config);
          WritePublisher publisher =
              new WritePublisher(
                  new PipelineNames("system"),
                  Map.of("bootstrap.servers", sandbox.kafka().bootstrapServers()))) {
        workers.awaitTopic(connection);
        createAccounts(publisher, expected);
        int perKill = COMMANDS / (KILLS + 1);
        for (int kill = 0; kill <= KILLS; kill++) {
          long before = done(connection);
          publish(publisher, expected, perKill);
          if (kill == KILLS / 2) {
            workers.makeZombie(() -> publish(publisher, expected, 500));
          }
          if (kill < KILLS) {
            awaitProgress(connection, before);
            workers.killOldest();
          }
        }
        long acceptedSoFar = accepted;
        Awaitility.await("every command to be done")
            .atMost(Duration.ofMinutes(3))
            .pollInterval(Duration.ofMillis(200))
            .until(() -> done(connection) == acceptedSoFar);
        workers.resumeZombie();
        assertSame(connection, expected);
        // The zombie has had its chance to write late; nothing may have changed.
        workers.awaitAllReadyAgain(() -> publish(publisher, expected, 200));
        long all = accepted;
        Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> done(connection) == all);
        assertSame(connection, expected);
      }
    }
  }

  private long accepted;

  private void createAccounts(WritePublisher publisher, Map<Integer, Account> expected)
      throws Exception {
    List<CompletableFuture<?>> sent = new ArrayList<>();
    for (int account = 0; account < ACCOUNTS; account++) {
      sent.add(
          publisher.publish(
              WriteCommand.upsert(
                  "public.ledger",
                  Map.of("account", account),
                  Map.of("note", "new", "balance", 0))));
      expected.put(account, new Account(0, "new", 0));
    }
    await(sent);
  }

  private void publish(WritePublisher publisher, Map<Integer, Account> expected, int commands)
      throws Exception {
    List<CompletableFuture<?>> sent = new ArrayList<>();
    for (int i = 0; i < commands; i++) {
      int account = random.nextInt(ACCOUNTS);
      Map<String, Object> key = Map.of("account", account);
      Account was = expected.get(account);
      switch (random.nextInt(3)) {
        case 0 -> {
          int amount = random.nextInt(2_000) - 1_000;
          sent.add(
              publisher.publish(
                  WriteCommand.delta("public.ledger", key, Map.of("balance", amount, "hits", 1))));
          expected.put(account, new Account(was.balance + amount, was.note, was.hits + 1));
        }
        case 1 -> {
          String note = "note " + accepted + "/" + i;
          sent.add(
              publisher.publish(WriteCommand.update("public.ledger", key, Map.of("note", note))));
          expected.put(account, new Account(was.balance, note, was.hits));
        }
        default -> {
          String note = "upserted " + accepted + "/" + i;
          sent.add(
              publisher.publish(WriteCommand.upsert("public.ledger", key, Map.of("note", note))));
          expected.put(account, new Account(was.balance, note, was.hits));
        }
      }
    }
    await(sent);
  }

  private void await(List<CompletableFuture<?>> sent) throws Exception {
    CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
    accepted += sent.size();
  }

  /** A worker is in the middle of what was published. */
  private static void awaitProgress(Connection connection, long before) {
    Awaitility.await("a worker to go on")
        .atMost(Duration.ofSeconds(60))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .until(() -> done(connection) > before);
  }

  private static long done(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result =
            statement.executeQuery(
                "SELECT coalesce(sum(next_offset), 0) FROM cachetide.consumer_offset")) {
      result.next();
      return result.getLong(1);
    }
  }

  private static void assertSame(Connection connection, Map<Integer, Account> expected)
      throws SQLException {
    Map<Integer, Account> actual = new HashMap<>();
    int rows = 0;
    try (Statement statement = connection.createStatement();
        ResultSet result =
            statement.executeQuery("SELECT account, balance, note, hits FROM ledger")) {
      while (result.next()) {
        rows++;
        actual.put(
            result.getInt(1),
            new Account(result.getLong(2), result.getString(3), result.getInt(4)));
      }
    }
    assertThat(rows).as("one row an account").isEqualTo(ACCOUNTS);
    assertThat(actual).isEqualTo(expected);
    try (Statement statement = connection.createStatement();
        ResultSet parked = statement.executeQuery("SELECT count(*) FROM cachetide.dead_letter")) {
      parked.next();
      assertThat(parked.getLong(1)).as("dead letters").isZero();
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private record Account(long balance, String note, int hits) {}

  /** Something that publishes while workers are being mistreated. */
  private interface Traffic {
    void flow() throws Exception;
  }

  /** Two processes of the same group. */
  private final class Workers implements AutoCloseable {

    private final Path config;
    private final List<RoleProcess> running = new ArrayList<>();
    private RoleProcess zombie;

    Workers(Path config) throws IOException {
      this.config = config;
      start();
      start();
    }

    private void start() throws IOException {
      running.add(RoleProcess.start(directory, config, 0, "write-behind"));
    }

    void awaitTopic(Connection connection) {
      Awaitility.await("workers to own partitions")
          .atMost(Duration.ofSeconds(60))
          .ignoreExceptions()
          .until(() -> partitionsOwned(connection) > 0);
    }

    private long partitionsOwned(Connection connection) throws SQLException {
      try (Statement statement = connection.createStatement();
          ResultSet result =
              statement.executeQuery("SELECT count(*) FROM cachetide.consumer_offset")) {
        result.next();
        return result.getLong(1);
      }
    }

    /** The one that has most probably something in hand. */
    void killOldest() throws IOException {
      running.remove(0).kill();
      start();
    }

    /** Pauses one beyond its session, while another takes its partitions and traffic flows. */
    void makeZombie(Traffic traffic) throws Exception {
      zombie = running.remove(0);
      zombie.suspend();
      start();
      flowFor(Duration.ofSeconds(12), traffic);
    }

    private void flowFor(Duration duration, Traffic traffic) throws Exception {
      long end = System.nanoTime() + duration.toNanos();
      while (System.nanoTime() < end) {
        traffic.flow();
        LockSupport.parkNanos(Duration.ofMillis(250).toNanos());
      }
    }

    void resumeZombie() throws IOException {
      zombie.resume();
    }

    void awaitAllReadyAgain(Traffic traffic) throws Exception {
      flowFor(Duration.ofSeconds(10), traffic);
      assertThat(zombie.isAlive()).as("a zombie that finds itself replaced goes on").isTrue();
    }

    @Override
    public void close() throws IOException {
      running.forEach(RoleProcess::close);
      if (zombie != null) {
        zombie.resume();
        zombie.close();
      }
    }
  }
}
