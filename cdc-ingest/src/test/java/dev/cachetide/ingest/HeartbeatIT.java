package dev.cachetide.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;
import static org.awaitility.Awaitility.await;

import dev.cachetide.ingest.Topic.Event;
import dev.cachetide.wire.Headers;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What ingest tells with every heartbeat: to the workers a record, to Prometheus the slot. */
final class HeartbeatIT {

  @Test
  void heartbeats_are_published_with_their_commit_and_are_no_row_changes() throws Exception {
    World world = new World("beating", "beats.item");
    World other = new World("beatingtoo", "beats.item");
    World.execute(
        "CREATE SCHEMA IF NOT EXISTS beats",
        "CREATE TABLE IF NOT EXISTS beats.item (id int PRIMARY KEY, v int)");
    try (CdcIngest ingest = world.running();
        CdcIngest beside = other.running()) {
      List<Event> events = world.read("cachetide", "heartbeat").first(3);

      assertThat(events).allMatch(event -> event.partition() == 0);
      assertThat(events)
          .allMatch(event -> event.after().path("pipeline").asText().equals("beating"));
      long micros = Long.parseLong(events.get(2).headers().get(Headers.COMMITTED));
      assertThat(Instant.EPOCH.plus(micros, ChronoUnit.MICROS))
          .isBetween(Instant.now().minusSeconds(60), Instant.now().plusSeconds(1));
      assertThat(ingest.readiness().ready() && beside.readiness().ready()).isTrue();
      // generations, of the first start and of the table's first shape, are all that was published
      double generations =
          Double.parseDouble(
              World.one(
                  "SELECT sum(generation) FROM cachetide.generation WHERE pipeline = 'beating'"));
      assertThat(world.count("cachetide.ingest.events.published")).isEqualTo(generations);
      assertThat(bumps(world, "first_start")).isEqualTo(1);
      assertThat(bumps(world, "table_changed")).isEqualTo(generations - 1);
      assertThat(bumps(world, "rules_changed")).isZero();
    }
  }

  @Test
  void the_slot_is_shown_as_postgres_has_it_while_this_process_reads_it() throws Exception {
    World world = new World("slotted", "beats.item");
    World.execute(
        "CREATE SCHEMA IF NOT EXISTS beats",
        "CREATE TABLE IF NOT EXISTS beats.item (id int PRIMARY KEY, v int)");
    try (CdcIngest ingest = world.running()) {
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () ->
                  assertThat(gauge(world, "retained.bytes"))
                      .isPositive()
                      .isCloseTo(retainedByPostgres(), offset(1e6)));
      assertThat(gauge(world, "lag.bytes")).isBetween(0.0, gauge(world, "retained.bytes"));
      assertThat(gauge(world, "safe.bytes")).as("nothing limits slots here").isNaN();
      assertThat(status(world, "reserved")).isEqualTo(1);
      assertThat(status(world, "lost")).isZero();
      assertThat(streaming(world)).isEqualTo(1);
      assertThat(ingest.readiness().ready()).isTrue();
    }
    assertThat(gauge(world, "retained.bytes")).as("nobody looks any more").isNaN();
    assertThat(streaming(world)).isZero();
  }

  private static double retainedByPostgres() throws Exception {
    return Double.parseDouble(
        World.one(
            "SELECT pg_current_wal_lsn() - restart_lsn FROM pg_replication_slots"
                + " WHERE slot_name = 'cachetide_slotted'"));
  }

  private static double gauge(World world, String name) {
    return world.meters.get("cachetide.ingest.slot." + name).gauge().value();
  }

  private static double status(World world, String status) {
    return world
        .meters
        .get("cachetide.ingest.slot.wal.status")
        .tag("status", status)
        .gauge()
        .value();
  }

  private static double streaming(World world) {
    return world.meters.get("cachetide.ingest.streaming").gauge().value();
  }

  private static double bumps(World world, String cause) {
    return world.meters.get("cachetide.generation.bumps").tag("cause", cause).counter().count();
  }
}
