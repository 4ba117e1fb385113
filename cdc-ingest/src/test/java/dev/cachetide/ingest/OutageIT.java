package dev.cachetide.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cachetide.ingest.Topic.Event;
import dev.cachetide.runtime.ExitStatus;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Streams that break, servers that are away, and a second ingest. */
class OutageIT {

  private static final int ROWS = 12_000;

  /** So that batches end, and are acknowledged, in the middle of what shares one WAL position. */
  private static final Map<String, String> SMALL_BATCHES =
      Map.of("max.batch.size", "50", "max.queue.size", "100");

  @BeforeAll
  static void createTables() throws SQLException {
    World.execute(
        "CREATE SCHEMA outage",
        "CREATE TABLE outage.item (id int PRIMARY KEY, v int)",
        "CREATE TABLE outage.bulk (id int PRIMARY KEY)");
  }

  @Test
  void a_stream_that_breaks_in_the_middle_of_a_copy_loses_no_row() throws Exception {
    World world = new World("broken", "outage.bulk");
    try (CdcIngest ingest = world.running(engine(SMALL_BATCHES))) {
      Set<Integer> arrived = copyAndBreakTheStream(world, ingest, 0);
      assertThat(arrived).hasSize(ROWS);
      assertThat(world.generation()).isEqualTo(1);
    }
  }

  /** The negative control of the rule that the slot is the only offset. */
  @Test
  void with_a_stored_offset_the_same_break_loses_rows(@TempDir Path directory) throws Exception {
    World world = new World("stored", "outage.bulk");
    Map<String, String> changes = new HashMap<>(SMALL_BATCHES);
    changes.put("offset.storage", "org.apache.kafka.connect.storage.FileOffsetBackingStore");
    changes.put("offset.storage.file.filename", directory.resolve("offsets").toString());
    try (CdcIngest ingest = world.running(engine(changes))) {
      Set<Integer> arrived = copyAndBreakTheStream(world, ingest, ROWS);
      assertThat(arrived.size()).isLessThan(ROWS);
    }
  }

  @Test
  void a_second_ingest_waits_as_standby_and_takes_over() throws Exception {
    World world = new World("pair", "outage.item");
    CdcIngest first = world.running();
    try (CdcIngest second = world.ingest()) {
      second.start();
      await().until(() -> second.readiness().reason().equals("standby"));
      first.close();
      assertThat(first.ended().join()).isEqualTo(ExitStatus.STOPPED);
      World.awaitReady(second);
      World.execute("INSERT INTO outage.item VALUES (1, 1)");
      assertThat(world.read("outage", "item").first(1)).hasSize(1);
      assertThat(world.generation()).isEqualTo(1);
    } finally {
      first.close();
    }
  }

  @Test
  void a_lost_lock_session_ends_the_term_and_another_begins() throws Exception {
    World world = new World("unlocked", "outage.item");
    try (CdcIngest ingest = world.running()) {
      World.execute(
          "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
              + " AND pid IN (SELECT pid FROM pg_stat_activity"
              + " WHERE application_name = 'cachetide-ingest-unlocked')");
      await().until(() -> !ingest.readiness().ready());
      World.awaitReady(ingest);
      World.execute("INSERT INTO outage.item VALUES (5, 1)");
      world.read("outage", "item").first(1);
    }
  }

  @Test
  void a_postgres_restart_is_waited_for_and_loses_nothing() throws Exception {
    World world = new World("restarted", "outage.item");
    try (CdcIngest ingest = world.running()) {
      World.execute("INSERT INTO outage.item VALUES (10, 1)");
      World.sandbox().postgres().stop();
      await().atMost(Duration.ofSeconds(20)).until(() -> !ingest.readiness().ready());
      World.sandbox().postgres().start();
      World.execute("INSERT INTO outage.item VALUES (11, 1)");
      World.awaitReady(ingest);
      assertThat(ids(world.read("outage", "item").until("both", all -> ids(all).size() == 2)))
          .containsExactlyInAnyOrder(10, 11);
      assertThat(world.generation()).isEqualTo(1);
    }
  }

  @Test
  void kafka_away_holds_events_back_and_loses_nothing() throws Exception {
    World world = new World("parted", "outage.item");
    try (CdcIngest ingest = world.running()) {
      World.sandbox().kafka().stop();
      try {
        World.execute("INSERT INTO outage.item VALUES (20, 1)");
        await().atMost(Duration.ofSeconds(10)).until(() -> !ingest.readiness().ready());
        World.execute("INSERT INTO outage.item VALUES (21, 1)");
      } finally {
        World.sandbox().kafka().start();
      }
      World.awaitReady(ingest);
      assertThat(ids(world.read("outage", "item").until("both", all -> ids(all).size() == 2)))
          .containsExactlyInAnyOrder(20, 21);
    }
  }

  @Test
  void it_can_be_stopped_and_started_while_kafka_is_away() throws Exception {
    World world = new World("stopped", "outage.item");
    CdcIngest first = world.running();
    CdcIngest second = world.ingest();
    World.sandbox().kafka().stop();
    try {
      World.execute("INSERT INTO outage.item VALUES (30, 1)");
      await().atMost(Duration.ofSeconds(10)).until(() -> !first.readiness().ready());
      first.close();
      assertThat(first.ended().join()).isEqualTo(ExitStatus.STOPPED);
      await().until(() -> slotIsFree("cachetide_stopped"));
      second.start();
      await()
          .atMost(Duration.ofSeconds(15))
          .until(() -> second.readiness().reason().equals("Kafka is away or refuses"));
    } finally {
      World.sandbox().kafka().start();
    }
    World.awaitReady(second);
    world.read("outage", "item").first(1);
    second.close();
  }

  @Test
  void a_topic_that_somebody_deleted_is_made_again() throws Exception {
    World world = new World("deleted", "outage.item");
    try (CdcIngest ingest = world.running()) {
      try (Admin admin = Admin.create(world.adminProperties())) {
        admin.deleteTopics(List.of(world.topic("outage", "item"))).all().get();
      }
      World.execute("INSERT INTO outage.item VALUES (40, 1)");
      await().atMost(Duration.ofSeconds(10)).until(() -> !ingest.readiness().ready());
      World.awaitReady(ingest);
      assertThat(ids(world.read("outage", "item").first(1))).containsExactly(40);
    }
  }

  private static Variations engine(Map<String, String> changes) {
    UnaryOperator<Map<String, String>> changed =
        properties -> {
          Map<String, String> all = new HashMap<>(properties);
          all.putAll(changes);
          return all;
        };
    return Variations.none().withEngine(changed).withAcknowledgeEvery(Duration.ZERO);
  }

  private static Set<Integer> copyAndBreakTheStream(World world, CdcIngest ingest, int firstId)
      throws Exception {
    World.execute(
        "COPY outage.bulk FROM PROGRAM 'seq -f %.0f "
            + (firstId + 1)
            + " "
            + (firstId + ROWS)
            + "'");
    world.read("outage", "bulk").first(ROWS / 2);
    World.execute(
        "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '"
            + world.names().slot()
            + "'");
    await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () ->
                !ingest.readiness().ready()
                    || ids(world.read("outage", "bulk").now()).size() == ROWS);
    // A heartbeat that was written after the break has come back: everything before it is through.
    World.awaitReady(ingest);
    return ids(world.read("outage", "bulk").now());
  }

  private static boolean slotIsFree(String slot) throws SQLException {
    return World.one("SELECT active FROM pg_replication_slots WHERE slot_name = '" + slot + "'")
        .equals("f");
  }

  private static Set<Integer> ids(List<Event> events) {
    Set<Integer> ids = new HashSet<>();
    events.forEach(event -> ids.add(event.key().path("id").asInt()));
    return ids;
  }
}
