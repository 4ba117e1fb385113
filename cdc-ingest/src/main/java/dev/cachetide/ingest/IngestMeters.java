package dev.cachetide.ingest;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** Every meter of this module. */
final class IngestMeters {

  private final MeterRegistry registry;
  private final Counter events;
  private final Counter batches;
  private final Counter republished;
  private final Counter gateLimitPassed;
  private final Counter trimmed;
  private final Timer gateWait;
  private final Timer commitToPublish;
  private final AtomicLong slotLagBytes = new AtomicLong();

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
    Gauge.builder("cachetide.ingest.slot.lag.bytes", slotLagBytes, AtomicLong::get)
        .register(registry);
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
    registry.counter("cachetide.ingest.gaps", "cause", cause.label()).increment();
  }

  void slotLag(long bytes) {
    slotLagBytes.set(bytes);
  }
}
