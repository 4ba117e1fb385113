package dev.cachetide.ingest;

import dev.cachetide.ingest.LeaderSession.Beat;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.kafka.KafkaClientMetrics;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.ToDoubleFunction;
import org.apache.kafka.clients.producer.Producer;
import org.jspecify.annotations.Nullable;

/** Every meter of this module. */
final class IngestMeters {

  private static final List<String> WAL_STATUS =
      List.of("reserved", "extended", "unreserved", "lost");

  /** Who raises the generation beside a gap: the workers, DDL, and people. */
  private static final List<String> OTHER_CAUSES =
      List.of("rules_changed", "redis_start", "requests_lost", "table_changed", "other");

  private final MeterRegistry registry;
  private final Counter events;
  private final Counter batches;
  private final Counter republished;
  private final Counter gateLimitPassed;
  private final Counter trimmed;
  private final Timer gateWait;
  private final Timer commitToPublish;
  private volatile @Nullable Beat slot;

  IngestMeters(MeterRegistry registry) {
    this.registry = registry;
    this.events = registry.counter("cachetide.ingest.events.published");
    this.batches = registry.counter("cachetide.ingest.batches");
    this.republished = registry.counter("cachetide.ingest.batches.republished");
    this.gateLimitPassed = registry.counter("cachetide.ingest.gate.limit.passed");
    this.trimmed = registry.counter("cachetide.ingest.events.trimmed");
    this.gateWait = registry.timer("cachetide.ingest.gate.wait");
    this.commitToPublish =
        Timer.builder("cachetide.ingest.commit.to.publish")
            .publishPercentileHistogram()
            .minimumExpectedValue(Duration.ofMillis(1))
            .maximumExpectedValue(Duration.ofMinutes(5))
            .register(registry);
    slotGauge("lag.bytes", "WAL that is not acknowledged yet", beat -> beat.lagBytes());
    slotGauge("retained.bytes", "WAL that the slot keeps on disk", beat -> beat.retainedBytes());
    slotGauge(
        "safe.bytes",
        "WAL that may be written before the slot is given up; none without a limit",
        beat -> beat.safeBytes() == null ? Double.NaN : beat.safeBytes());
    for (String status : WAL_STATUS) {
      Gauge.builder(
              "cachetide.ingest.slot.wal.status",
              () -> slot(beat -> status.equals(beat.walStatus()) ? 1.0 : 0.0))
          .description("1 for what pg_replication_slots says of the slot")
          .tag("status", status)
          .register(registry);
    }
    for (GapCause cause : GapCause.values()) {
      gaps(cause);
      bumps(cause.label());
    }
    OTHER_CAUSES.forEach(this::bumps);
  }

  private void slotGauge(String name, String what, ToDoubleFunction<Beat> value) {
    Gauge.builder("cachetide.ingest.slot." + name, () -> slot(value))
        .description(what)
        .register(registry);
  }

  /** As the last heartbeat found it; while this process does not stream it does not look. */
  private double slot(ToDoubleFunction<Beat> value) {
    Beat last = slot;
    return last == null ? Double.NaN : value.applyAsDouble(last);
  }

  private Counter gaps(GapCause cause) {
    return registry.counter("cachetide.ingest.gaps", "cause", cause.label());
  }

  private Counter bumps(String cause) {
    return Counter.builder("cachetide.generation.bumps")
        .description("times that entries were made old, as they went through the slot")
        .tag("cause", cause)
        .register(registry);
  }

  /** Shows whether this process is the one that streams. */
  void streaming(BooleanSupplier streams) {
    Gauge.builder("cachetide.ingest.streaming", () -> streams.getAsBoolean() ? 1 : 0)
        .description("1 while this process reads the slot, 0 while it stands by or prepares")
        .register(registry);
  }

  /** A generation was raised, for this reason. */
  void bumped(String reason) {
    bumps(cause(reason)).increment();
  }

  private static String cause(String reason) {
    for (GapCause cause : GapCause.values()) {
      if (reason.equals(cause.reason())) {
        return cause.label();
      }
    }
    String word = reason.startsWith("shape ") ? "table_changed" : reason.replace('-', '_');
    return OTHER_CAUSES.contains(word) ? word : "other";
  }

  void published(int count) {
    events.increment(count);
    batches.increment();
  }

  /** The whole batch is sent once more, after a failure of Kafka's. */
  void republished() {
    republished.increment();
  }

  void gateWaited(Duration waited) {
    gateWait.record(waited);
  }

  void gateLimitPassed() {
    gateLimitPassed.increment();
  }

  /** An event was too large for a Kafka record and lost its largest values. */
  void trimmed() {
    trimmed.increment();
  }

  /** From a transaction's commit to Kafka's acknowledgement of its events. */
  void commitToPublish(Duration delay) {
    commitToPublish.record(delay);
  }

  void gap(GapCause cause) {
    gaps(cause).increment();
  }

  void slot(Beat beat) {
    slot = beat;
  }

  /** This process no longer looks at the slot. */
  void slotUnknown() {
    slot = null;
  }

  /** Kafka's own meters of a producer, until they are closed. */
  KafkaClientMetrics of(Producer<?, ?> producer) {
    KafkaClientMetrics metrics = new KafkaClientMetrics(producer);
    metrics.bindTo(registry);
    return metrics;
  }
}
