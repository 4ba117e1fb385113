package dev.cachetide.writebehind;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;

/** The meters of write-behind; what is counted was committed. */
final class WriteBehindMeters {

  private final Counter commands;
  private final Counter applied;
  private final Counter coalesced;
  private final Counter parked;
  private final Counter conflicts;
  private final Counter duplicates;
  private final Counter transactions;
  private final Counter retries;
  private final Counter fenced;
  private final Counter topicsRecreated;
  private final Timer batch;

  WriteBehindMeters(MeterRegistry registry) {
    commands = registry.counter("cachetide.writebehind.commands");
    applied = registry.counter("cachetide.writebehind.rows.applied");
    coalesced = registry.counter("cachetide.writebehind.coalesced");
    parked = registry.counter("cachetide.writebehind.parked");
    conflicts = registry.counter("cachetide.writebehind.conflicts");
    duplicates = registry.counter("cachetide.writebehind.duplicates");
    transactions = registry.counter("cachetide.writebehind.transactions");
    retries = registry.counter("cachetide.writebehind.retries");
    fenced = registry.counter("cachetide.writebehind.fenced");
    topicsRecreated = registry.counter("cachetide.writebehind.offsets.void");
    batch =
        Timer.builder("cachetide.writebehind.batch")
            .description("one partition's transaction, from guard to commit")
            .serviceLevelObjectives(
                Duration.ofMillis(5),
                Duration.ofMillis(25),
                Duration.ofMillis(100),
                Duration.ofMillis(500),
                Duration.ofSeconds(5))
            .register(registry);
  }

  void committed(PartitionTransaction.Committed result, Duration took) {
    transactions.increment();
    commands.increment(result.records());
    var became = result.applied();
    applied.increment(became.effects());
    parked.increment(result.parked(ParkedCommand.Fate.REJECTED));
    conflicts.increment(result.parked(ParkedCommand.Fate.CONFLICT));
    duplicates.increment(became.duplicates().size());
    int alone = became.parked().size() + became.duplicates().size() + became.effects();
    coalesced.increment(Math.max(0, result.records() - alone));
    batch.record(took);
  }

  void retried() {
    retries.increment();
  }

  void fenced() {
    fenced.increment();
  }

  void topicRecreated() {
    topicsRecreated.increment();
  }
}
