package dev.cachetide.runtime;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;

/** The meters of one loop, labelled with its group. */
final class LoopMeters {

  private final Counter batches;
  private final Counter records;
  private final DistributionSummary batchRecords;
  private final Counter retries;
  private final Counter parked;
  private final Counter commitFailures;
  private final Timer handle;
  private final MultiGauge lag;
  private final MultiGauge lagSeconds;
  private final InstantSource clock;

  LoopMeters(MeterRegistry registry, String group, InstantSource clock) {
    this.clock = clock;
    Tags tags = Tags.of("group", group);
    batches = registry.counter("cachetide.consumer.batches", tags);
    records = registry.counter("cachetide.consumer.records", tags);
    batchRecords =
        DistributionSummary.builder("cachetide.consumer.batch.records")
            .description("records of one batch")
            .tags(tags)
            .serviceLevelObjectives(1, 10, 100, 1_000, 10_000)
            .register(registry);
    retries = registry.counter("cachetide.consumer.retries", tags);
    parked = registry.counter("cachetide.consumer.parked", tags);
    commitFailures = registry.counter("cachetide.consumer.commit.failures", tags);
    handle =
        Timer.builder("cachetide.consumer.handle")
            .description("handing one batch to the handler")
            .tags(tags)
            .serviceLevelObjectives(
                Duration.ofMillis(1),
                Duration.ofMillis(5),
                Duration.ofMillis(25),
                Duration.ofMillis(100),
                Duration.ofMillis(500),
                Duration.ofSeconds(5))
            .register(registry);
    lag =
        MultiGauge.builder("cachetide.consumer.lag")
            .description("records that were published and are not finished")
            .tags(tags)
            .register(registry);
    lagSeconds =
        MultiGauge.builder("cachetide.consumer.lag.seconds")
            .description(
                "how long the oldest record that is not finished has waited; 0 without one")
            .tags(tags)
            .register(registry);
  }

  void polled(int count) {
    batches.increment();
    records.increment(count);
    batchRecords.record(count);
  }

  Outcome timed(Supplier<Outcome> attempt) {
    return handle.record(attempt);
  }

  void retried() {
    retries.increment();
  }

  void parked(int count) {
    parked.increment(count);
  }

  void commitFailed() {
    commitFailures.increment();
  }

  /**
   * Replaces what was known: a partition that is no longer assigned here has no lag here. Between
   * two looks the seconds grow by themselves, also when Kafka does not answer.
   */
  void lag(Map<TopicPartition, Backlog.Waiting> waiting) {
    List<MultiGauge.Row<?>> records = new ArrayList<>();
    List<MultiGauge.Row<?>> seconds = new ArrayList<>();
    waiting.forEach(
        (partition, each) -> {
          Tags tags =
              Tags.of(
                  "topic", partition.topic(), "partition", String.valueOf(partition.partition()));
          records.add(MultiGauge.Row.of(tags, each.records()));
          seconds.add(MultiGauge.Row.of(tags, () -> each.seconds(clock.instant())));
        });
    lag.register(records, true);
    lagSeconds.register(seconds, true);
  }
}
