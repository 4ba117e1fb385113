package dev.cachetide.cli.look;

import java.net.URI;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * What the processes of a pipeline tell at one moment.
 *
 * @param workers every page that the console was told of, reached or not
 */
public record WorkerFacts(List<Worker> workers) {

  /** Copies the list. */
  public WorkerFacts {
    workers = List.copyOf(workers);
  }

  /** The pages that were reached. */
  public List<MetricsPage> pages() {
    return workers.stream().map(Worker::page).filter(Objects::nonNull).toList();
  }

  /** The worst canary of all workers; empty when none tells of one. */
  public OptionalDouble canaryAge() {
    return pages().stream()
        .map(page -> page.max("cachetide_canary_age_seconds"))
        .filter(OptionalDouble::isPresent)
        .mapToDouble(OptionalDouble::getAsDouble)
        .max();
  }

  /**
   * One process.
   *
   * @param page null when it was not reached
   */
  public record Worker(URI uri, @Nullable MetricsPage page, List<Program> programs) {
    /** Copies the list. */
    public Worker {
      programs = List.copyOf(programs);
    }
  }

  /** One program of it, as its {@code /readyz} says. */
  public record Program(String name, boolean alive, boolean ready, String reason) {}
}
