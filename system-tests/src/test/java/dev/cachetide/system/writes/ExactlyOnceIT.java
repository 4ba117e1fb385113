package dev.cachetide.system.writes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.sandbox.ChildJvm;
import dev.cachetide.sandbox.CommitProxy.Point;
import dev.cachetide.sandbox.Sandbox;
import dev.cachetide.sandbox.SandboxException;
import dev.cachetide.sandbox.SandboxPostgres;
import dev.cachetide.system.Scale;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each accepted command has its one effect, or is one dead letter, whoever dies when: workers are
 * killed before, inside and after their COMMITs and paused until they are zombies, Postgres is
 * killed under them. A model of plain maps, fed with each partition's log, agrees on every row, on
 * every dead letter and on every receipt. It does not agree with a sink that keeps its offsets in
 * Kafka, which shows that it would see.
 */
final class ExactlyOnceIT {

  private static final int COMMANDS = Scale.of(4_000, 1_000_000);
  private static final int KILLS = Scale.of(4, 60);
  private static final int ZOMBIES = Scale.of(1, 10);
  private static final int CRASHES = Scale.of(1, 5);
  private static final int WORKERS = 3;
  private static final List<Point> POINTS = List.of(Point.BEFORE, Point.INSIDE, Point.AFTER);
  private static final int BATCH = Scale.of(200, 2_000);
  private static final Duration LONGEST_STEP = Duration.ofSeconds(90);

  /** The session's timeout and a rebalance. */
  private static final Duration ZOMBIE_PAUSE = Duration.ofSeconds(4);

  @TempDir private Path directory;
  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final List<Victim> victims = new ArrayList<>();
  private int kills;
  private Sandbox sandbox;
  private Rows rows;

  @BeforeEach
  void startServers() throws Exception {
    System.out.println("seed " + seed);
    sandbox =
        Sandbox.builder()
            .withoutRedis()
            .postgres(postgres -> postgres.setting("fsync", "on"))
            .start();
    rows = new Rows(sandbox.postgres());
    rows.run(Tables.DDL);
  }

  @AfterEach
  void stopServers() {
    victims.forEach(Victim::close);
    sandbox.close();
  }

  @Test
  void every_command_has_its_one_effect_whoever_dies_when() throws Exception {
    Topic topic = new Topic(sandbox.kafka().bootstrapServers(), "trust.writes");
    topic.create();
    for (int i = 0; i < WORKERS; i++) {
      victims.add(new Victim(sandbox.postgres().port(), this::startWorker));
    }
    List<Fault> faults = faults();
    try (Script script = new Script(topic.bootstrapServers(), topic.name(), seed, true)) {
      script.publish(200);
      awaitApplied(topic);
      for (Fault fault : faults) {
        CompletableFuture<Void> done = fault.arm(this, victims.get(random.nextInt(WORKERS)));
        script.publish(COMMANDS / faults.size());
        flowUntil(script, done);
        victims.forEach(Victim::revive);
      }
      awaitApplied(topic);
      System.out.println(script.published() + " commands, " + kills + " kills");
    }
    Model model = topic.replay(true);
    assertThat(rows.differences(model)).as("rows, seed %d", seed).isEmpty();
    assertThat(rows.deadLetters()).as("dead letters, seed %d", seed).isEqualTo(model.refused());
    Receipts receipts = new Receipts(rows, "trust.write-behind");
    assertThat(receipts.gaps(topic.ends())).as("receipts, seed %d", seed).isEmpty();
    assertThat(receipts.rejected()).as("receipts, seed %d", seed).isEqualTo(model.refused());
    assertThat(victims).as("workers that go on").allMatch(Victim::running);
  }

  @Test
  void the_model_sees_what_offsets_in_kafka_apply_twice() throws Exception {
    Topic topic = new Topic(sandbox.kafka().bootstrapServers(), "control.writes");
    topic.create();
    victims.add(new Victim(sandbox.postgres().port(), port -> startSink(topic, port)));
    try (Script script = new Script(topic.bootstrapServers(), topic.name(), seed, false)) {
      script.publish(500);
      awaitAgreement(topic);
      CompletableFuture<Void> done = victims.get(0).killAt(Point.AFTER, 1);
      script.publish(500);
      flowUntil(script, done);
      victims.get(0).revive();
      script.publish(200);
      awaitSinkCaughtUp(topic);
    }
    assertThat(rows.differences(topic.replay(false))).as("seed %d", seed).isNotEmpty();
  }

  /** Kills, pauses and crashes in an order that the seed gives. */
  private List<Fault> faults() {
    List<Fault> faults = new ArrayList<>();
    faults.addAll(Collections.nCopies(KILLS, ExactlyOnceIT::kill));
    faults.addAll(Collections.nCopies(ZOMBIES, ExactlyOnceIT::makeZombie));
    faults.addAll(Collections.nCopies(CRASHES, ExactlyOnceIT::crashPostgres));
    Collections.shuffle(faults, random);
    return faults;
  }

  private CompletableFuture<Void> kill(Victim victim) {
    Point point = POINTS.get(kills++ % POINTS.size());
    return victim.killAt(point, 1 + random.nextInt(3));
  }

  /** Paused in the middle of a commit for longer than its session lasts, then it goes on. */
  private CompletableFuture<Void> makeZombie(Victim victim) {
    CompletableFuture<Void> wake = new CompletableFuture<>();
    return victim
        .suspendAt(point(), 1 + random.nextInt(3), wake)
        .thenRunAsync(
            () -> {
              LockSupport.parkNanos(ZOMBIE_PAUSE.toNanos());
              victim.resume();
              wake.complete(null);
            });
  }

  private CompletableFuture<Void> crashPostgres(Victim victim) {
    SandboxPostgres postgres = sandbox.postgres();
    return victim
        .at(point(), 1 + random.nextInt(3), postgres::killHard)
        .thenRunAsync(postgres::start);
  }

  private Point point() {
    return POINTS.get(random.nextInt(POINTS.size()));
  }

  /** Commands go on coming while something is done to those that apply them. */
  private static void flowUntil(Script script, CompletableFuture<Void> done) throws Exception {
    long end = System.nanoTime() + LONGEST_STEP.toNanos();
    while (!done.isDone()) {
      assertThat(System.nanoTime()).as("a COMMIT to come").isLessThan(end);
      script.publish(60);
      LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
    }
    done.join();
  }

  private void awaitApplied(Topic topic) {
    Map<Integer, Long> ends = topic.ends();
    Awaitility.await("every command to be applied or parked")
        .atMost(Duration.ofSeconds(Scale.of(90, 600)))
        .pollInterval(Duration.ofMillis(100))
        .ignoreExceptions()
        .until(() -> rows.applied("trust.write-behind").equals(ends));
  }

  private void awaitAgreement(Topic topic) {
    Model model = topic.replay(false);
    Awaitility.await("the sink to have applied all, undisturbed")
        .atMost(LONGEST_STEP)
        .until(() -> rows.differences(model).isEmpty());
  }

  /** Its offsets are committed after what they stand for. */
  private void awaitSinkCaughtUp(Topic topic) {
    Awaitility.await("the sink to come to the end")
        .atMost(LONGEST_STEP)
        .until(() -> topic.committed("at-least-once").equals(topic.ends()));
  }

  private ChildJvm startWorker(int postgresPort) {
    try {
      Path config = Files.createTempFile(directory, "pipeline", ".yaml");
      Files.writeString(config, pipeline(postgresPort));
      return ChildJvm.of("dev.cachetide.cli.CachetideMain")
          .jvmOptions("-Xmx256m")
          .arguments("run", "write-behind", "--config", config.toString())
          .start();
    } catch (IOException e) {
      throw new SandboxException("no file for a worker's settings", e);
    }
  }

  private String pipeline(int postgresPort) {
    String writes = String.join("", Tables.ALL.stream().map(Tables::listed).toList());
    return """
        pipeline: trust
        postgres: { url: "jdbc:postgresql://127.0.0.1:%d/postgres?sslmode=disable", user: postgres }
        kafka:
          bootstrap.servers: "%s"
          consumer: { session.timeout.ms: 2000, heartbeat.interval.ms: 500 }
        http: { port: 0 }
        writebehind: { maxPollInterval: 10s, maxPollRecords: %d, retryBackoffMax: 500ms }
        writes:
        """
            .formatted(postgresPort, sandbox.kafka().bootstrapServers(), BATCH)
        + writes;
  }

  private ChildJvm startSink(Topic topic, int postgresPort) {
    String url = "jdbc:postgresql://127.0.0.1:" + postgresPort + "/postgres?sslmode=disable";
    return ChildJvm.of(AtLeastOnceSink.class)
        .arguments(topic.bootstrapServers(), topic.name(), url)
        .start();
  }

  /** Something to do to a worker, armed now and done in the middle of one of its commits. */
  private interface Fault {
    CompletableFuture<Void> arm(ExactlyOnceIT test, Victim victim);
  }
}
