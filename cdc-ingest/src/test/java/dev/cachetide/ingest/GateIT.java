package dev.cachetide.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cachetide.ingest.Topic.Event;
import dev.cachetide.runtime.postgres.VisibilityGate.Passage;
import dev.cachetide.runtime.postgres.VisibilityGate.Verdict;
import dev.cachetide.wire.Headers;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A commit that hangs on a synchronous standby is in the slot before anybody can read it. */
class GateIT {

  private CompletableFuture<Void> update = CompletableFuture.completedFuture(null);

  @BeforeAll
  static void createTable() throws SQLException {
    World.execute(
        "CREATE SCHEMA gated",
        "CREATE TABLE gated.item (id int PRIMARY KEY, v int)",
        "INSERT INTO gated.item VALUES (1, 0), (2, 0), (3, 0)");
  }

  @AfterEach
  void release() throws SQLException {
    letGo();
    update.join();
  }

  @Test
  void an_update_that_nobody_can_see_yet_is_not_published_until_it_is_released() throws Exception {
    World world = new World("gated", "gated.item");
    try (CdcIngest ingest = world.running()) {
      hang(1);
      await().atMost(Duration.ofSeconds(10)).until(() -> !ingest.readiness().ready());
      assertThat(world.read("gated", "item").now()).isEmpty();
      assertThat(World.one("SELECT v FROM gated.item WHERE id = 1")).isEqualTo("0");
      letGo();
      List<Event> events = world.read("gated", "item").first(1);
      assertThat(events.get(0).after().path("v").asInt()).isEqualTo(1);
      assertThat(World.one("SELECT v FROM gated.item WHERE id = 1")).isEqualTo("1");
      World.awaitReady(ingest);
      assertThat(world.read("gated", "item").now()).hasSize(1);
    }
  }

  @Test
  void without_the_gate_it_is_published_while_readers_still_see_the_old_row() throws Exception {
    World world = new World("ungated", "gated.item");
    Variations open = Variations.none().withGate(connector -> new OpenGate());
    try (CdcIngest ingest = world.running(open)) {
      hang(2);
      List<Event> events = world.read("gated", "item").first(1);
      assertThat(events.get(0).after().path("v").asInt()).isEqualTo(1);
      assertThat(World.one("SELECT v FROM gated.item WHERE id = 2")).isEqualTo("0");
      assertThat(ingest.readiness().ready()).isTrue();
    }
  }

  @Test
  void past_the_limit_it_is_published_early_and_again_once_visible() throws Exception {
    World world = new World("limited", "gated.item").gateLimit(Duration.ofMillis(200));
    try (CdcIngest ingest = world.running()) {
      hang(3);
      world.read("gated", "item").first(1);
      await()
          .until(
              () ->
                  ingest
                      .readiness()
                      .reason()
                      .equals("waiting for committed transactions to become visible"));
      assertThat(world.count("cachetide.ingest.gate.limit.passed")).isEqualTo(1);
      letGo();
      assertThat(world.read("gated", "item").first(2))
          .extracting(event -> event.headers().containsKey(Headers.EARLY))
          .containsExactly(true, false);
      assertThat(world.read("gated", "item").first(2))
          .extracting(event -> event.after().path("v").asInt())
          .containsExactly(1, 1);
      World.awaitReady(ingest);
    }
  }

  private void hang(int id) throws SQLException {
    World.execute(
        "ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SELECT pg_reload_conf()");
    await().until(() -> World.one("SHOW synchronous_standby_names").equals("nobody"));
    update =
        CompletableFuture.runAsync(
            () -> {
              try {
                World.execute("UPDATE gated.item SET v = 1 WHERE id = " + id);
              } catch (SQLException e) {
                throw new IllegalStateException(e);
              }
            });
    await()
        .until(
            () ->
                World.one("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
                    .equals("1"));
  }

  private static void letGo() throws SQLException {
    World.execute("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()");
  }

  /** Lets everything pass at once: the negative control. */
  private static final class OpenGate implements Gate {

    @Override
    public Passage await(Collection<Long> xids, Duration limit, BooleanSupplier stop) {
      return new Passage(Verdict.VISIBLE, null, Duration.ZERO);
    }

    @Override
    public void close() {}
  }
}
