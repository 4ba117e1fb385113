package dev.cachetide.invalidation;

import dev.cachetide.invalidation.lookup.Lookups;
import dev.cachetide.invalidation.refresh.Refresher;
import dev.cachetide.invalidation.rules.Plan;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** The meters of the invalidation worker. */
final class InvalidationMeters implements Refresher.Meters {

  /** By mode; any may stay unanswered. */
  private static final Map<String, List<String>> REFRESHES =
      Map.of(
          "fenced", List.of("replaced", "kept", "evicted", "unanswered"),
          "mirror", List.of("replaced", "kept", "evicted", "unanswered"),
          "create", List.of("created", "refused", "absent", "elsewhere", "skipped"),
          "plain", List.of("again"));

  private final MeterRegistry registry;
  private final InstantSource clock;
  private final Counter events;
  private final Counter poison;
  private final Counter roundTrips;
  private final Counter requested;
  private final Counter removed;
  private final Counter tags;
  private final Counter versions;
  private final Counter patterns;
  private final Counter widened;
  private final Counter requests;
  private final Counter unbounded;
  private final Counter announced;
  private final Counter beats;
  private final Counter lookups;
  private final Counter lookupRows;
  private final Counter lookupsCapped;
  private final Counter lookupsFailed;
  private final Timer lookupTime;
  private final Counter storms;
  private final Counter skipped;
  private final Timer commitToEvicted;
  private final Timer canaryDelay;
  private final AtomicInteger canaryOwned = new AtomicInteger();

  InvalidationMeters(MeterRegistry registry, InstantSource clock) {
    this.registry = registry;
    this.clock = clock;
    events = registry.counter("cachetide.invalidation.events");
    poison = registry.counter("cachetide.invalidation.poison");
    roundTrips = registry.counter("cachetide.invalidation.redis.round.trips");
    requested = registry.counter("cachetide.invalidation.keys.requested");
    removed = registry.counter("cachetide.invalidation.keys.removed");
    tags = registry.counter("cachetide.invalidation.tags");
    versions = registry.counter("cachetide.invalidation.versions");
    patterns = registry.counter("cachetide.invalidation.patterns");
    widened = registry.counter("cachetide.invalidation.widened");
    requests = registry.counter("cachetide.invalidation.requests");
    unbounded = registry.counter("cachetide.invalidation.requests.unbounded");
    announced = registry.counter("cachetide.invalidation.announced");
    storms = registry.counter("cachetide.invalidation.storms");
    skipped = registry.counter("cachetide.invalidation.events.skipped");
    beats = registry.counter("cachetide.invalidation.beats");
    lookups = registry.counter("cachetide.invalidation.lookups");
    lookupRows = registry.counter("cachetide.invalidation.lookup.rows");
    lookupsCapped = registry.counter("cachetide.invalidation.lookup.capped");
    lookupsFailed = registry.counter("cachetide.invalidation.lookup.failed");
    REFRESHES.forEach((mode, outcomes) -> outcomes.forEach(each -> refreshes(mode, each)));
    lookupTime =
        Timer.builder("cachetide.invalidation.lookup.time")
            .description("to look up what the changed rows of one batch are related to")
            .register(registry);
    commitToEvicted =
        Timer.builder("cachetide.invalidation.commit.to.evicted")
            .description("from the commit, by Postgres's clock, to the eviction, by this one's")
            .publishPercentileHistogram()
            .minimumExpectedValue(Duration.ofMillis(1))
            .maximumExpectedValue(Duration.ofMinutes(1))
            .register(registry);
    canaryDelay =
        Timer.builder("cachetide.canary.delay")
            .description("of heartbeats, from their commit in Postgres to Redis's answer")
            .publishPercentileHistogram()
            .minimumExpectedValue(Duration.ofMillis(1))
            .maximumExpectedValue(Duration.ofMinutes(5))
            .register(registry);
    Gauge.builder("cachetide.canary.owned", canaryOwned, AtomicInteger::get)
        .description("1 while this worker reads the heartbeats, 0 while another one does")
        .register(registry);
  }

  /**
   * Shows how old the youngest heartbeat is that has come through.
   *
   * @param seconds NaN where nobody beats
   */
  void canaryAge(Supplier<Number> seconds) {
    Gauge.builder("cachetide.canary.age.seconds", seconds)
        .description("since the commit of the youngest heartbeat that has come through to Redis")
        .register(registry);
  }

  /** A heartbeat has come through. */
  void canaryCame(Duration delay) {
    canaryDelay.record(delay);
  }

  void canaryOwned(boolean owned) {
    canaryOwned.set(owned ? 1 : 0);
  }

  /** A batch whose evictions Redis has answered. */
  void evicted(DecodedBatch batch, long keysRemoved) {
    requested.increment(batch.plan().keys().size());
    tags.increment(batch.plan().tags().size());
    versions.increment(batch.plan().versions().size());
    patterns.increment(scans(batch.plan()));
    widened.increment(batch.plan().widened());
    batch.named().forEach((named, times) -> RuleMeters.evictions(registry, named).increment(times));
    removed.increment((double) keysRemoved);
    events.increment(batch.events());
    skipped.increment(batch.skipped());
    requests.increment(batch.requests());
    unbounded.increment(batch.unbounded());
    poison.increment(batch.parked().size());
    Instant now = clock.instant();
    for (long micros : batch.committedMicros()) {
      Duration delay = Duration.between(Instant.EPOCH.plus(micros, ChronoUnit.MICROS), now);
      // Two clocks: the delay may seem negative.
      commitToEvicted.record(delay.isNegative() ? Duration.ZERO : delay);
    }
  }

  /** What was asked of Postgres for one attempt at a batch. */
  void lookedUp(Lookups.Found found) {
    if (found.statements() == 0 && found.failure() == null && found.failures().isEmpty()) {
      return;
    }
    lookups.increment(found.statements());
    lookupRows.increment((double) found.rows());
    lookupsCapped.increment(found.capped());
    lookupsFailed.increment(found.failures().size());
    lookupTime.record(found.took());
  }

  @Override
  public void refreshed(String mode, String outcome, boolean answered) {
    refreshes(mode, answered ? outcome : "unanswered").increment();
  }

  /** A batch that the caches inside applications were told of. */
  void announced() {
    announced.increment();
  }

  /** A rule that left as a whole, because it named more keys than its limit allows. */
  void storm() {
    storms.increment();
  }

  /** A sign of life. */
  void beat() {
    beats.increment();
  }

  private Counter refreshes(String mode, String outcome) {
    return registry.counter("cachetide.invalidation.refreshes", "mode", mode, "outcome", outcome);
  }

  /** What one plan took, the empty one too, which takes none. */
  void roundTrips(int count) {
    roundTrips.increment(count);
  }

  /** Keys that left by the pattern of every rule. */
  void flushed(Plan everything, long keysRemoved) {
    patterns.increment(scans(everything));
    removed.increment((double) keysRemoved);
    widened.increment();
  }

  private static int scans(Plan plan) {
    return plan.patterns().size() + plan.tagPatterns().size() + plan.versionPatterns().size();
  }
}
