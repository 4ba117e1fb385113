package dev.cachetide.cli;

import dev.cachetide.cli.look.KafkaFacts;
import dev.cachetide.cli.look.PostgresFacts;
import dev.cachetide.cli.look.Source.Seen;
import dev.cachetide.cli.look.WorkerFacts;
import dev.cachetide.invalidation.RedisSigns;
import dev.cachetide.runtime.postgres.Pause;
import dev.cachetide.runtime.settings.InvalidationSettings.Source;
import dev.cachetide.runtime.settings.PipelineSettings;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A pipeline at one moment. Pure.
 *
 * @param redis null when the configuration names none
 * @param letters how many records that could not be read nobody has dealt with
 * @param expected pages of workers that somebody has named, so that they should answer
 */
record StatusPicture(
    PipelineSettings settings,
    Instant at,
    Seen<PostgresFacts> postgres,
    Seen<KafkaFacts> kafka,
    @Nullable Seen<RedisSigns> redis,
    Seen<WorkerFacts> workers,
    Seen<Long> letters,
    Set<URI> expected) {

  StatusPicture {
    expected = Set.copyOf(expected);
  }

  /** What does not answer, and why, as far as it is known. */
  List<String> problems() {
    List<String> problems = new ArrayList<>();
    Stream.of(postgres, kafka, redis, workers)
        .filter(seen -> seen != null && seen.problem() != null)
        .forEach(seen -> problems.add(seen.problem()));
    if (letters.problem() != null && problems.isEmpty()) {
      problems.add(letters.problem());
    }
    pages().stream()
        .filter(worker -> worker.page() == null && expected.contains(worker.uri()))
        .forEach(worker -> problems.add(worker.uri() + " does not answer"));
    return problems;
  }

  /** The pages of workers, reached or not. */
  List<WorkerFacts.Worker> pages() {
    WorkerFacts facts = workers.value();
    return facts == null ? List.of() : facts.workers();
  }

  /** Whether a role is paused as a whole. */
  boolean paused(Role role) {
    PostgresFacts facts = postgres.value();
    return facts != null
        && facts.pauses().stream()
            .anyMatch(
                each -> each.what() == Pause.What.ROLE && each.name().equals(role.toString()));
  }

  /** Whether applications write through this pipeline, or have. */
  boolean writes() {
    KafkaFacts facts = kafka.value();
    return !settings.writes().isEmpty()
        || (facts != null && !facts.of(settings.names().writeBehindGroup()).isEmpty());
  }

  /** Who holds changes back until readers can see them. */
  Role gate() {
    return settings.invalidation().source() == Source.CACHETIDE ? Role.INGEST : Role.INVALIDATE;
  }

  /** Run ids of Redis servers that Postgres notes as certified; null when it does not tell. */
  @Nullable Set<String> certified() {
    PostgresFacts facts = postgres.value();
    return facts == null || facts.tables() == null ? null : facts.tables().certified();
  }
}
