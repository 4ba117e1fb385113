package dev.cachetide.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.Outcome;
import dev.cachetide.WritePublisher;
import dev.cachetide.WritePublisher.Accepted;
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
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Writers learn what became of each write while workers and ingest are killed and replaced: what a
 * model expects, what a process that starts afterwards is told, and nothing before it is true.
 */
final class ReceiptsIT {

  private static final int WRITES = Scale.of(3_000, 100_000);
  private static final int KILLS = Scale.of(2, 12);
  private static final int ROWS = 50;
  private static final Duration LONG = Duration.ofSeconds(90);

  @TempDir private Path directory;
  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);
  private final List<Sent> sent = new ArrayList<>();
  private long balance;

  @Test
  void every_receipt_is_right_whoever_dies_meanwhile() throws Exception {
    System.out.println("seed " + seed);
    try (Sandbox sandbox = Sandbox.start();
        Connection connection = sandbox.postgres().connect()) {
      execute(
          connection,
          "CREATE TABLE account (id int PRIMARY KEY, balance bigint DEFAULT 0, note text)");
      execute(connection, "INSERT INTO account SELECT i FROM generate_series(0, 49) i");
      execute(connection, "CREATE TABLE versioned (id int PRIMARY KEY, version int, note text)");
      execute(connection, "INSERT INTO versioned VALUES (1, 1, 'new')");
      Path config = config(sandbox);
      try (Processes ingest = new Processes(config, "ingest");
          Processes workers = new Processes(config, "write-behind");
          WritePublisher publisher = publisher(sandbox)) {
        ingest.start();
        workers.start();
        workers.start();
        awaitSlot(connection);
        awaitTopic(publisher);
        for (int kill = 0; kill <= KILLS; kill++) {
          publish(publisher, WRITES / (KILLS + 1));
          if (kill < KILLS) {
            (kill % 2 == 0 ? workers : ingest).replaceOldest();
          }
        }
        for (Sent each : sent) {
          each.told = publisher.receipts().decision(each.ticket).get(90, TimeUnit.SECONDS);
        }
        check(connection);
        try (WritePublisher later = publisher(sandbox)) {
          for (int i = 0; i < 300; i++) {
            Sent each = sent.get(random.nextInt(sent.size()));
            assertSame(later.receipts().await(each.ticket, LONG), each.told);
          }
        }
        loserOfAConflict(publisher);
        workers.killAll();
        pendingUntilAWorkerComes(publisher, workers);
      }
    }
  }

  private static void loserOfAConflict(WritePublisher publisher) throws Exception {
    WriteCommand.Update update =
        WriteCommand.update("versioned", Map.of("id", 1), Map.of("note", "changed")).withBase(1);
    Sent first = send(publisher, update);
    Sent second = send(publisher, update);
    assertThat(publisher.receipts().await(first.ticket, LONG)).isInstanceOf(Outcome.Applied.class);
    assertThat(publisher.receipts().await(second.ticket, LONG))
        .isEqualTo(new Outcome.Conflict("row has another version"));
  }

  private void pendingUntilAWorkerComes(WritePublisher publisher, Processes workers)
      throws Exception {
    Sent left = send(publisher, delta(1));
    assertThat(publisher.receipts().await(left.ticket, Duration.ofSeconds(1)))
        .isEqualTo(new Outcome.Pending());
    workers.start();
    assertThat(publisher.receipts().await(left.ticket, LONG)).isInstanceOf(Outcome.Applied.class);
  }

  private void publish(WritePublisher publisher, int writes) throws Exception {
    List<CompletableFuture<Accepted>> accepted = new ArrayList<>();
    List<WriteCommand> commands = new ArrayList<>();
    for (int i = 0; i < writes; i++) {
      WriteCommand command = command(i);
      commands.add(command);
      accepted.add(publisher.publish(command));
    }
    for (int i = 0; i < writes; i++) {
      Accepted at = accepted.get(i).get(60, TimeUnit.SECONDS);
      sent.add(new Sent(commands.get(i), at, publisher.ticket(at)));
    }
  }

  private static Sent send(WritePublisher publisher, WriteCommand command) throws Exception {
    Accepted at = publisher.publish(command).get(60, TimeUnit.SECONDS);
    return new Sent(command, at, publisher.ticket(at));
  }

  private WriteCommand command(int i) {
    Map<String, Object> key = Map.of("id", random.nextInt(ROWS));
    return switch (random.nextInt(8)) {
      case 0 -> WriteCommand.update("account", Map.of("id", 1_000), Map.of("note", "nobody"));
      case 1, 2, 3 -> delta(1 + random.nextInt(9));
      default -> WriteCommand.update("account", key, Map.of("note", "note " + i));
    };
  }

  private WriteCommand delta(int amount) {
    balance += amount;
    return WriteCommand.delta(
        "account", Map.of("id", random.nextInt(ROWS)), Map.of("balance", amount));
  }

  private void check(Connection connection) throws SQLException {
    Map<Object, Sent> last = new HashMap<>();
    int superseded = 0;
    for (Sent each : sent) {
      String what = "seed " + seed + ": " + each.command + " at " + each.ticket;
      if (Integer.valueOf(1_000).equals(number(each.command.key().get("id")))) {
        assertThat(each.told).as(what).isEqualTo(new Outcome.Rejected("row does not exist", null));
      } else if (each.command instanceof WriteCommand.Delta) {
        assertThat(each.told).as(what).isInstanceOf(Outcome.Applied.class);
      } else {
        assertThat(each.told)
            .as(what)
            .isInstanceOfAny(Outcome.Applied.class, Outcome.Superseded.class);
        superseded += each.told instanceof Outcome.Superseded ? 1 : 0;
        last.merge(
            number(each.command.key().get("id")),
            each,
            (a, b) -> a.at.offset() > b.at.offset() ? a : b);
      }
    }
    assertThat(superseded).as("writes that others overwrote").isPositive();
    last.values().forEach(each -> assertThat(each.told).isInstanceOf(Outcome.Applied.class));
    assertThat(one(connection, "SELECT sum(balance) FROM account")).isEqualTo("" + balance);
    assertThat(one(connection, "SELECT count(*) FROM cachetide.dead_letter"))
        .isEqualTo("" + sent.stream().filter(e -> e.told instanceof Outcome.Rejected).count());
  }

  private static int number(Object value) {
    return Integer.parseInt(String.valueOf(value));
  }

  /** A receipt that ingest published again may name a later position. */
  private static void assertSame(Outcome now, Outcome before) {
    if (before instanceof Outcome.Applied applied) {
      assertThat(now).isInstanceOf(Outcome.Applied.class);
      assertThat(((Outcome.Applied) now).xid()).isEqualTo(applied.xid());
    } else if (before instanceof Outcome.Superseded superseded) {
      assertThat(now).isInstanceOf(Outcome.Superseded.class);
      assertThat(((Outcome.Superseded) now).xid()).isEqualTo(superseded.xid());
    } else {
      assertThat(now).isEqualTo(before);
    }
  }

  private Path config(Sandbox sandbox) throws IOException {
    return PipelineFile.on(sandbox)
        .body(
            """
            rules:
              - name: accounts
                source: { schema: public, table: account }
                evict: [{ key: "account:{id}" }]
            writes:
              - table: public.account
                key: [id]
              - table: public.versioned
                key: [id]
                conflicts: optimistic
                version: version
            writebehind: { maxPollInterval: 10s, maxPollRecords: 300 }
            """)
        .write(directory);
  }

  private static WritePublisher publisher(Sandbox sandbox) {
    return new WritePublisher(
        new PipelineNames("system"),
        Map.of("bootstrap.servers", sandbox.kafka().bootstrapServers()));
  }

  /** What was applied before the slot was there has a receipt that ingest never sees. */
  private static void awaitSlot(Connection connection) {
    Awaitility.await("ingest to read its slot")
        .atMost(LONG)
        .until(
            () -> one(connection, "SELECT count(*) FROM pg_replication_slots WHERE active"),
            "1"::equals);
  }

  private void awaitTopic(WritePublisher publisher) {
    Awaitility.await("the write topic")
        .atMost(LONG)
        .ignoreExceptions()
        .until(() -> sent.add(send(publisher, delta(1))));
    balance = sent.stream().mapToLong(ReceiptsIT::amount).sum();
  }

  private static long amount(Sent sent) {
    return ((WriteCommand.Delta) sent.command)
        .add().values().stream().mapToLong(Number::longValue).sum();
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static String one(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      result.next();
      return result.getString(1);
    }
  }

  /** An accepted write. */
  private static final class Sent {
    private final WriteCommand command;
    private final Accepted at;
    private final String ticket;
    private Outcome told = new Outcome.Pending();

    Sent(WriteCommand command, Accepted at, String ticket) {
      this.command = command;
      this.at = at;
      this.ticket = ticket;
    }
  }

  /** Processes of one role. */
  private final class Processes implements AutoCloseable {
    private final Path config;
    private final String role;
    private final List<RoleProcess> running = new ArrayList<>();

    Processes(Path config, String role) {
      this.config = config;
      this.role = role;
    }

    void start() throws IOException {
      running.add(RoleProcess.start(directory, config, 0, role));
    }

    void replaceOldest() throws IOException {
      running.remove(0).kill();
      start();
    }

    void killAll() {
      running.forEach(RoleProcess::kill);
      running.clear();
    }

    @Override
    public void close() {
      running.forEach(RoleProcess::close);
    }
  }
}
