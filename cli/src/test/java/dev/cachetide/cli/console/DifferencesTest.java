package dev.cachetide.cli.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.cachetide.cli.look.KafkaFacts;
import dev.cachetide.cli.look.MetricsPage;
import dev.cachetide.cli.look.PostgresFacts;
import dev.cachetide.cli.look.PostgresFacts.Generation;
import dev.cachetide.cli.look.PostgresFacts.SetAside;
import dev.cachetide.cli.look.PostgresFacts.Slot;
import dev.cachetide.cli.look.PostgresFacts.Tables;
import dev.cachetide.cli.look.PostgresFacts.Writes;
import dev.cachetide.cli.look.Source.Seen;
import dev.cachetide.cli.look.WorkerFacts;
import dev.cachetide.runtime.GroupLag.Group;
import dev.cachetide.runtime.GroupLag.Member;
import dev.cachetide.runtime.GroupLag.PartitionLag;
import dev.cachetide.runtime.postgres.Pause;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class DifferencesTest {

  private static final Instant AT = Instant.parse("2026-01-01T00:00:00Z");
  private static final Slot SLOT = new Slot("s", true, "reserved", "0/1", 0L, 0L, null);
  private static final Pause PAUSE =
      new Pause(Pause.What.ROLE, "ingest", false, null, "ada", AT.minusSeconds(5));
  private static final PostgresFacts QUIET = facts(SLOT, List.of(), List.of(), List.of());

  private final Differences differences = new Differences(Duration.ofSeconds(30));

  @Test
  void the_first_look_tells_what_postgres_remembers() {
    PostgresFacts facts =
        facts(
            SLOT,
            List.of(new Generation("*", 4, "rules-changed", AT)),
            List.of(PAUSE),
            List.of(new SetAside("w17", false, "public.users", "23505", AT)));

    assertThat(differences.between(null, look(facts, "a", 1, true)))
        .extracting(Event::text)
        .containsExactlyInAnyOrder(
            "everything was made old: the rules were changed (generation 4)",
            "role ingest was paused by ada",
            "a write to public.users was refused: w17, SQLSTATE 23505");
  }

  @Test
  void nothing_is_of_note_while_nothing_changes() {
    assertThat(differences.between(look(QUIET, "a", 1, true), look(QUIET, "a", 2, true))).isEmpty();
  }

  @Test
  void what_changes_between_two_looks_is_told() {
    PostgresFacts before = facts(SLOT, List.of(), List.of(PAUSE), List.of());
    PostgresFacts now =
        facts(new Slot("s", false, "lost", "0/1", 0L, null, null), List.of(), List.of(), List.of());

    assertThat(differences.between(look(before, "a", 1, true), look(now, "b", 31, false)))
        .extracting(Event::kind, Event::text)
        .containsExactlyInAnyOrder(
            tuple("pause", "role ingest was resumed"),
            tuple("slot", "nobody reads the slot"),
            tuple("slot", "the slot's WAL is lost"),
            tuple("dead-letter", "g: 2 records could not be read"),
            tuple("rebalance", "g: 1 partition moved, 1 member"),
            tuple("canary", "the canary is late: nothing came through for 30 s or more"),
            tuple("program", "ingest is not ready: why"));
  }

  @Test
  void a_server_that_is_away_is_told_of_once_and_is_no_change_of_what_it_holds() {
    Look well = look(QUIET, "a", 1, true);
    Look away = look(null, "a", 1, true);

    assertThat(differences.between(well, away))
        .extracting(Event::text)
        .containsExactly("Postgres does not answer the console");
    assertThat(differences.between(away, away)).isEmpty();
    assertThat(differences.between(away, well))
        .extracting(Event::text)
        .containsExactly("Postgres answers again");
  }

  private static Look look(
      @Nullable PostgresFacts postgres, String member, double canary, boolean ready) {
    PartitionLag lag = new PartitionLag("t", 0, 5L, 9, 4, 1.0, member, "/host");
    WorkerFacts workers =
        new WorkerFacts(
            List.of(
                new WorkerFacts.Worker(
                    URI.create("http://w/metrics"),
                    MetricsPage.parse(
                        "cachetide_canary_age_seconds "
                            + canary
                            + "\ncachetide_consumer_parked_total{group=\"g\"} "
                            + (ready ? 3 : 5)),
                    List.of(new WorkerFacts.Program("ingest", true, ready, ready ? "" : "why")))));
    return new Look(
        AT,
        new Seen<>(postgres, postgres == null ? "away" : null, AT),
        new Seen<>(
            new KafkaFacts(AT, Map.of("g", new Group(List.of(lag), List.of(reader(member))))),
            null,
            AT),
        new Seen<>(workers, null, AT),
        new Seen<>(0L, null, AT));
  }

  private static Member reader(String member) {
    return new Member(member + "-1", member, "/host", List.of(new TopicPartition("t", 0)));
  }

  private static PostgresFacts facts(
      Slot slot, List<Generation> generations, List<Pause> pauses, List<SetAside> newest) {
    return new PostgresFacts(
        slot,
        List.of(),
        new Tables(generations, Set.of(), pauses, new Writes(0, 0, newest, List.of())));
  }
}
