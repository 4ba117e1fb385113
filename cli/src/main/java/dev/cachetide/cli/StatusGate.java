package dev.cachetide.cli;

import dev.cachetide.cli.look.MetricsPage;
import dev.cachetide.cli.look.WorkerFacts;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What ingest tells of its visibility gate, since its start. Pure.
 *
 * @param batches that went through
 * @param longestMillis of the last minutes
 * @param early batches that were published before they were visible, and again once they were
 */
record StatusGate(long batches, double meanMillis, double longestMillis, long early) {

  private static final String WAIT = "cachetide_ingest_gate_wait_seconds";
  private static final double MILLIS = 1e3;

  /** Null when no page tells of it: the workers' own gate is not measured. */
  static @Nullable StatusGate of(StatusPicture picture) {
    WorkerFacts facts = picture.workers().value();
    if (facts == null || picture.gate() != Role.INGEST) {
      return null;
    }
    List<MetricsPage> pages = facts.pages();
    OptionalDouble count = sum(pages, page -> page.sum(WAIT + "_count"));
    if (count.isEmpty()) {
      return null;
    }
    double all = sum(pages, page -> page.sum(WAIT + "_sum")).orElse(0);
    double longest =
        pages.stream().mapToDouble(page -> page.max(WAIT + "_max").orElse(0)).max().orElse(0);
    return new StatusGate(
        (long) count.getAsDouble(),
        count.getAsDouble() == 0 ? 0 : MILLIS * all / count.getAsDouble(),
        MILLIS * longest,
        (long) sum(pages, page -> page.sum("cachetide_ingest_gate_limit_passed_total")).orElse(0));
  }

  private static OptionalDouble sum(
      List<MetricsPage> pages, Function<MetricsPage, OptionalDouble> value) {
    return pages.stream()
        .map(value)
        .filter(OptionalDouble::isPresent)
        .mapToDouble(OptionalDouble::getAsDouble)
        .reduce(Double::sum);
  }
}
