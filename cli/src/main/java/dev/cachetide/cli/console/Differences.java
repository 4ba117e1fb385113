package dev.cachetide.cli.console;

import dev.cachetide.cli.console.Event.Level;
import dev.cachetide.cli.look.KafkaFacts;
import dev.cachetide.cli.look.MetricsPage;
import dev.cachetide.cli.look.PostgresFacts;
import dev.cachetide.cli.look.PostgresFacts.Generation;
import dev.cachetide.cli.look.PostgresFacts.SetAside;
import dev.cachetide.cli.look.Source.Seen;
import dev.cachetide.cli.look.WorkerFacts;
import dev.cachetide.runtime.GroupLag.PartitionLag;
import dev.cachetide.runtime.postgres.Pause;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What is of note between two looks. Pure. What a server did not answer in one of them makes no
 * difference but that it did not answer.
 */
final class Differences {

  /** What the programs note as a word; ingest notes a sentence. */
  private static final Map<String, String> CAUSES =
      Map.of(
          "resumed", "something that was paused was resumed",
          "rules-changed", "the rules were changed",
          "redis-start", "a Redis server began that may have missed evictions",
          "requests-lost", "requests of applications were lost");

  private final Duration canaryLimit;

  /**
   * @param canaryLimit from which age on the canary is late
   */
  Differences(Duration canaryLimit) {
    this.canaryLimit = canaryLimit;
  }

  /**
   * The events, in no order.
   *
   * @param before null for the first look, by which only what Postgres remembers is of note
   */
  List<Event> between(@Nullable Look before, Look now) {
    List<Event> events = new ArrayList<>();
    server("Postgres", before == null ? null : before.postgres(), now.postgres(), now, events);
    server("Kafka", before == null ? null : before.kafka(), now.kafka(), now, events);
    if (now.postgres().value() != null) {
      postgres(before == null ? null : before.postgres().value(), now, events);
    }
    if (before != null && before.kafka().value() != null && now.kafka().value() != null) {
      rebalances(before.kafka().value(), now.kafka().value(), events);
    }
    if (before != null && before.workers().value() != null && now.workers().value() != null) {
      workers(before.workers().value(), now.workers().value(), now.at(), events);
    }
    return events;
  }

  private static void server(
      String name, @Nullable Seen<?> before, Seen<?> now, Look look, List<Event> events) {
    boolean was = before == null || before.problem() == null;
    boolean is = now.problem() == null;
    if (was && !is) {
      events.add(new Event(look.at(), "server", Level.BAD, name + " does not answer the console"));
    } else if (!was && is) {
      events.add(new Event(look.at(), "server", Level.INFO, name + " answers again"));
    }
  }

  private static void postgres(@Nullable PostgresFacts before, Look look, List<Event> events) {
    PostgresFacts now = Objects.requireNonNull(look.postgres().value());
    Set<Generation> known = before == null ? Set.of() : new HashSet<>(before.generations());
    now.generations().stream()
        .filter(each -> !known.contains(each))
        .forEach(each -> events.add(generation(each)));
    Set<SetAside> seen = before == null ? Set.of() : new HashSet<>(before.newest());
    now.newest().stream()
        .filter(each -> !seen.contains(each))
        .forEach(each -> events.add(setAside(each)));
    pauses(before, now, look.at(), events);
    if (before != null) {
      slot(before, now, look.at(), events);
    }
  }

  private static Event generation(Generation each) {
    boolean all = each.scope().equals("*");
    String reason = CAUSES.getOrDefault(each.reason(), each.reason());
    String text =
        all
            ? "everything was made old: " + reason + " (generation " + each.number() + ")"
            : each.scope() + " was made old: its definition changed, or a resync";
    return new Event(each.at(), "generation", all ? Level.WARNING : Level.INFO, text);
  }

  private static Event setAside(SetAside each) {
    String table = each.table() == null ? "an unknown table" : each.table();
    String state = each.sqlState() == null ? "" : ", SQLSTATE " + each.sqlState();
    return each.conflict()
        ? new Event(
            each.at(), "conflict", Level.INFO, "a write to " + table + " lost: " + each.id())
        : new Event(
            each.at(),
            "dead-letter",
            Level.BAD,
            "a write to " + table + " was refused: " + each.id() + state);
  }

  private static void pauses(
      @Nullable PostgresFacts before, PostgresFacts now, Instant at, List<Event> events) {
    Set<Pause> were = before == null ? Set.of() : new HashSet<>(before.pauses());
    now.pauses().stream()
        .filter(pause -> !were.contains(pause))
        .forEach(
            pause ->
                events.add(
                    new Event(
                        pause.since(),
                        "pause",
                        Level.WARNING,
                        pause.described() + " was paused by " + pause.by())));
    were.stream()
        .filter(pause -> now.pauses().stream().noneMatch(each -> same(each, pause)))
        .forEach(
            pause ->
                events.add(new Event(at, "pause", Level.INFO, pause.described() + " was resumed")));
  }

  private static boolean same(Pause one, Pause other) {
    return one.what() == other.what() && one.name().equals(other.name());
  }

  private static void slot(
      PostgresFacts before, PostgresFacts now, Instant at, List<Event> events) {
    PostgresFacts.Slot was = before.slot();
    PostgresFacts.Slot is = now.slot();
    if (was != null && is == null) {
      events.add(new Event(at, "slot", Level.BAD, "the replication slot is gone"));
    } else if (was == null && is != null) {
      events.add(new Event(at, "slot", Level.INFO, "the replication slot was created"));
    } else if (was != null && is != null) {
      if (was.active() != is.active()) {
        events.add(
            new Event(
                at,
                "slot",
                is.active() ? Level.INFO : Level.WARNING,
                is.active() ? "ingest reads the slot" : "nobody reads the slot"));
      }
      if (!Objects.equals(was.walStatus(), is.walStatus())) {
        boolean well = "reserved".equals(is.walStatus()) || "extended".equals(is.walStatus());
        events.add(
            new Event(
                at, "slot", well ? Level.INFO : Level.BAD, "the slot's WAL is " + is.walStatus()));
      }
    }
  }

  private static void rebalances(KafkaFacts before, KafkaFacts now, List<Event> events) {
    for (String group : now.groups().keySet()) {
      Map<String, String> owners = owners(now, group);
      Map<String, String> were = owners(before, group);
      if (before.groups().containsKey(group) && !owners.equals(were)) {
        long moved =
            owners.entrySet().stream()
                .filter(each -> !each.getValue().equals(were.get(each.getKey())))
                .count();
        long members = now.members(group).size();
        events.add(
            new Event(
                now.at(),
                "rebalance",
                members == 0 ? Level.BAD : Level.INFO,
                members == 0
                    ? group + ": nobody reads any more"
                    : group
                        + ": "
                        + counted(moved, "partition")
                        + " moved, "
                        + counted(members, "member")));
      }
    }
  }

  private static Map<String, String> owners(KafkaFacts facts, String group) {
    Map<String, String> owners = new HashMap<>();
    for (PartitionLag each : facts.of(group)) {
      if (each.clientId() != null) {
        owners.put(KafkaFacts.name(each), each.clientId() + " " + each.host());
      }
    }
    return owners;
  }

  private static String counted(long number, String what) {
    return number + " " + what + (number == 1 ? "" : "s");
  }

  private void workers(WorkerFacts before, WorkerFacts now, Instant at, List<Event> events) {
    boolean wasLate = late(before.canaryAge());
    boolean late = late(now.canaryAge());
    if (late && !wasLate) {
      events.add(
          new Event(
              at,
              "canary",
              Level.BAD,
              "the canary is late: nothing came through for "
                  + canaryLimit.toSeconds()
                  + " s or more"));
    } else if (wasLate && !late && now.canaryAge().isPresent()) {
      events.add(new Event(at, "canary", Level.INFO, "the canary comes through again"));
    }
    Map<String, WorkerFacts.Program> were = programs(before);
    programs(now)
        .forEach(
            (name, program) -> {
              WorkerFacts.Program was = were.get(name);
              if (was != null && was.ready() != program.ready()) {
                events.add(program(program, at));
              }
            });
    parked(before, now, at, events);
    Set<String> reached = reached(now);
    reached(before).stream()
        .filter(page -> !reached.contains(page))
        .forEach(
            page ->
                events.add(
                    new Event(at, "server", Level.WARNING, page + " is not reached any more")));
  }

  /** A process that began anew counts from 0: what is less than before tells nothing. */
  private static void parked(WorkerFacts before, WorkerFacts now, Instant at, List<Event> events) {
    Map<String, Double> were = parked(before);
    parked(now)
        .forEach(
            (group, records) -> {
              long more = Math.round(records - were.getOrDefault(group, records));
              if (more > 0) {
                events.add(
                    new Event(
                        at,
                        "dead-letter",
                        Level.BAD,
                        group + ": " + counted(more, "record") + " could not be read"));
              }
            });
  }

  private static Map<String, Double> parked(WorkerFacts facts) {
    Map<String, Double> parked = new HashMap<>();
    for (MetricsPage page : facts.pages()) {
      for (MetricsPage.Sample sample : page.of("cachetide_consumer_parked_total")) {
        parked.merge(sample.label("group"), sample.value(), Double::sum);
      }
    }
    return parked;
  }

  private boolean late(OptionalDouble age) {
    return age.isPresent() && age.getAsDouble() > canaryLimit.toMillis() / 1e3;
  }

  private static Event program(WorkerFacts.Program program, Instant at) {
    return program.ready()
        ? new Event(at, "program", Level.INFO, program.name() + " is ready")
        : new Event(
            at, "program", Level.WARNING, program.name() + " is not ready: " + program.reason());
  }

  private static Map<String, WorkerFacts.Program> programs(WorkerFacts facts) {
    Map<String, WorkerFacts.Program> programs = new HashMap<>();
    facts
        .workers()
        .forEach(
            worker ->
                worker
                    .programs()
                    .forEach(
                        program -> programs.put(worker.uri() + " " + program.name(), program)));
    return programs;
  }

  private static Set<String> reached(WorkerFacts facts) {
    return facts.workers().stream()
        .filter(worker -> worker.page() != null)
        .map(worker -> worker.uri().toString())
        .collect(Collectors.toSet());
  }
}
