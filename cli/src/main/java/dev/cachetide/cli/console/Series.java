package dev.cachetide.cli.console;

import dev.cachetide.cli.look.KafkaFacts;
import dev.cachetide.cli.look.MetricsPage;
import dev.cachetide.cli.look.PostgresFacts;
import dev.cachetide.cli.look.WorkerFacts;
import dev.cachetide.runtime.GroupLag.PartitionLag;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * The numbers of the last {@link #KEPT}, by name; what was not known at a moment is missing there.
 * Safe for concurrent use.
 *
 * <p>Names: {@code records:topic/3} waiting, {@code seconds:group}, {@code published:group} and
 * {@code finished:group} a second, {@code slot.lag} and {@code slot.retained} in bytes, {@code
 * canary.age}, and the quantiles {@code canary.p50} and {@code evicted.p50} of the last minute.
 */
final class Series {

  /** How far back it goes. */
  static final Duration KEPT = Duration.ofMinutes(15);

  private static final Duration WINDOW = Duration.ofSeconds(60);
  private static final int MOST_PARTITIONS = 64;
  private static final String CANARY = "cachetide_canary_delay_seconds";
  private static final String EVICTED = "cachetide_invalidation_commit_to_evicted_seconds";
  private static final Map<String, Double> QUANTILES = Map.of("p50", 0.5, "p95", 0.95, "p99", 0.99);

  private final Deque<Point> points = new ArrayDeque<>();
  private final Deque<Timers> timers = new ArrayDeque<>();
  private @Nullable KafkaFacts lastKafka;

  /** Adds what a look has found. */
  synchronized void add(Look look) {
    Map<String, Double> values = new LinkedHashMap<>();
    if (look.postgres().value() != null) {
      slot(look.postgres().value(), values);
    }
    KafkaFacts kafka = look.kafka().value();
    if (kafka != null) {
      kafka(kafka, values);
    }
    if (look.workers().value() != null) {
      workers(look.workers().value(), look.at(), values);
    }
    points.addLast(new Point(look.at(), values));
    while (points.peekFirst() != null && points.getFirst().at().plus(KEPT).isBefore(look.at())) {
      points.removeFirst();
    }
  }

  private static void slot(PostgresFacts facts, Map<String, Double> values) {
    PostgresFacts.Slot slot = facts.slot();
    if (slot != null) {
      put(values, "slot.lag", slot.lagBytes());
      put(values, "slot.retained", slot.retainedBytes());
    }
  }

  private void kafka(KafkaFacts facts, Map<String, Double> values) {
    facts
        .groups()
        .keySet()
        .forEach(
            group -> {
              put(values, "seconds:" + group, facts.seconds(group));
              facts.of(group).stream()
                  .sorted(Comparator.comparing(PartitionLag::records).reversed())
                  .limit(MOST_PARTITIONS)
                  .forEach(each -> put(values, "records:" + KafkaFacts.name(each), each.records()));
            });
    KafkaFacts before = lastKafka;
    if (before != null && before.at().equals(facts.at())) {
      // No new answer since the last look: the rates are what they were.
      Point last = points.peekLast();
      if (last != null) {
        last.values().forEach((name, value) -> keepRate(values, name, value));
      }
    } else {
      for (String group : facts.groups().keySet()) {
        put(values, "published:" + group, facts.published(group, before));
        put(values, "finished:" + group, facts.finished(group, before));
      }
      lastKafka = facts;
    }
  }

  private static void keepRate(Map<String, Double> values, String name, Double value) {
    if (name.startsWith("published:") || name.startsWith("finished:")) {
      values.put(name, value);
    }
  }

  private void workers(WorkerFacts facts, Instant at, Map<String, Double> values) {
    OptionalDouble age = facts.canaryAge();
    age.ifPresent(seconds -> values.put("canary.age", seconds));
    List<MetricsPage> pages = facts.pages();
    Timers now = new Timers(at, Histogram.of(pages, CANARY), Histogram.of(pages, EVICTED));
    timers.addLast(now);
    while (timers.getFirst().at().plus(WINDOW).isBefore(at)) {
      timers.removeFirst();
    }
    Timers before = timers.getFirst();
    QUANTILES.forEach(
        (name, quantile) -> {
          put(values, "canary." + name, now.canary().quantile(quantile, before.canary()));
          put(values, "evicted." + name, now.evicted().quantile(quantile, before.evicted()));
        });
  }

  private static void put(Map<String, Double> values, String name, @Nullable Number value) {
    if (value != null) {
      values.put(name, value.doubleValue());
    }
  }

  /** The points after a moment, oldest first. */
  synchronized List<Point> after(Instant moment) {
    return points.stream().filter(point -> point.at().isAfter(moment)).toList();
  }

  /** The last; null before the first. */
  synchronized @Nullable Point last() {
    return points.peekLast();
  }

  /** What was known at a moment. */
  record Point(Instant at, Map<String, Double> values) {}

  private record Timers(Instant at, Histogram canary, Histogram evicted) {}
}
