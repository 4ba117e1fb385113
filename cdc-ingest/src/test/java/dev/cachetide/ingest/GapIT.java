package dev.cachetide.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cachetide.ingest.Topic.Event;
import io.micrometer.core.instrument.Counter;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Changes that may have been missed are answered by a generation, never by silence. */
class GapIT {

  @BeforeAll
  static void createTables() throws SQLException {
    World.execute(
        "CREATE SCHEMA gap",
        "CREATE TABLE gap.item (id int PRIMARY KEY, v int)",
        "CREATE TABLE gap.other (id int PRIMARY KEY)");
  }

  @Test
  void a_restart_without_a_gap_bumps_nothing_and_loses_nothing() throws Exception {
    World world = new World("gapless", "gap.item");
    world.running().close();
    World.execute("INSERT INTO gap.item VALUES (1, 1)");
    try (CdcIngest again = world.running()) {
      assertThat(world.read("gap", "item").first(1)).hasSize(1);
      assertThat(world.generation()).isEqualTo(1);
      assertThat(again.readiness().ready()).isTrue();
    }
  }

  @Test
  void the_slot_moves_and_never_stands_past_its_record() throws Exception {
    World world = new World("recorded", "gap.item");
    try (CdcIngest ingest = world.running()) {
      Set<String> positions = new HashSet<>();
      await()
          .atMost(Duration.ofSeconds(20))
          .pollInterval(Duration.ofMillis(10))
          .until(
              () -> {
                String look =
                    World.one(
                        "SELECT (confirmed_flush_lsn <= acknowledged) || ' ' || confirmed_flush_lsn"
                            + " FROM cachetide.slot_progress JOIN pg_replication_slots"
                            + " ON slot = slot_name WHERE slot = 'cachetide_recorded'");
                assertThat(look).startsWith("true");
                positions.add(look);
                return positions.size() >= 4;
              });
      assertThat(ingest.readiness().ready()).isTrue();
    }
  }

  @Test
  void a_dropped_slot_is_made_again_and_the_bump_travels_before_later_changes() throws Exception {
    World world = new World("dropped", "gap.item");
    world.running().close();
    world.dropSlot();
    World.execute("INSERT INTO gap.item VALUES (10, 1)");
    try (CdcIngest again = world.running()) {
      World.execute("INSERT INTO gap.item VALUES (11, 1)");
      List<Event> bumps = bumps(world, 2);
      assertThat(bumps.get(1).after().path("generation").asLong()).isEqualTo(2);
      assertThat(bumps.get(1).after().path("reason").asText())
          .isEqualTo(GapCause.SLOT_MISSING.reason());
      assertThat(
              world.meters.get("cachetide.generation.bumps").tag("cause", "slot_missing").counter())
          .extracting(Counter::count)
          .isEqualTo(1.0);
      Event later = world.read("gap", "item").first(1).get(0);
      assertThat(later.key().path("id").asInt()).isEqualTo(11);
      assertThat(later.value().path("source").path("lsn").asLong())
          .isGreaterThan(bumps.get(1).value().path("source").path("lsn").asLong());
      assertThat(again.readiness().ready()).isTrue();
    }
    assertThat(world.count("cachetide.ingest.gaps")).isEqualTo(2);
  }

  @Test
  void a_slot_that_somebody_else_advanced_is_a_gap() throws Exception {
    World world = new World("advanced", "gap.item");
    world.running().close();
    World.execute(
        "INSERT INTO gap.item VALUES (20, 1)",
        "SELECT pg_replication_slot_advance('cachetide_advanced', pg_current_wal_lsn())");
    try (CdcIngest again = world.running()) {
      List<Event> bumps = bumps(world, 2);
      assertThat(bumps.get(1).after().path("reason").asText())
          .isEqualTo(GapCause.SLOT_MOVED.reason());
      assertThat(again.readiness().ready()).isTrue();
    }
  }

  @Test
  void a_slot_known_from_another_system_or_timeline_is_a_gap() throws Exception {
    World world = new World("moved", "gap.item");
    world.running().close();
    World.execute(
        "UPDATE cachetide.slot_progress SET system_identifier = 1 WHERE slot = 'cachetide_moved'");
    world.running().close();
    World.execute("UPDATE cachetide.slot_progress SET timeline = 7 WHERE slot = 'cachetide_moved'");
    world.running().close();
    assertThat(world.generation()).isEqualTo(3);
    assertThat(
            World.one(
                "SELECT reason FROM cachetide.generation WHERE scope = '*' AND pipeline = 'moved'"))
        .isEqualTo(GapCause.OTHER_TIMELINE.reason());
  }

  @Test
  void a_table_that_is_captured_from_now_on_is_a_gap() throws Exception {
    new World("widened", "gap.item").running().close();
    World world = new World("widened", "gap.item", "gap.other");
    try (CdcIngest wider = world.running()) {
      World.execute("INSERT INTO gap.other VALUES (1)");
      assertThat(world.read("gap", "other").first(1)).hasSize(1);
      assertThat(world.generation()).isEqualTo(2);
      assertThat(wider.readiness().ready()).isTrue();
    }
  }

  @Test
  void a_dropped_publication_is_made_again_with_a_new_slot() throws Exception {
    World world = new World("unpublished", "gap.item");
    world.running().close();
    World.execute("DROP PUBLICATION cachetide_unpublished");
    try (CdcIngest again = world.running()) {
      World.execute("INSERT INTO gap.item VALUES (40, 1)");
      world.read("gap", "item").first(1);
      assertThat(world.generation()).isEqualTo(2);
      assertThat(again.readiness().ready()).isTrue();
    }
  }

  /** Of the whole pipeline, once there are so many; those of single tables come in between. */
  private static List<Event> bumps(World world, int count) {
    return bumps(
        world
            .read("cachetide", "generation")
            .until(count + " bumps", events -> bumps(events).size() >= count));
  }

  private static List<Event> bumps(List<Event> events) {
    return events.stream()
        .filter(event -> event.after().path("scope").asText().equals("*"))
        .toList();
  }
}
