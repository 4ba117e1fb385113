package dev.cachetide.cli.console;

import dev.cachetide.cli.console.Source.Seen;
import java.time.Instant;

/** What all servers have said last, at one moment. */
record Look(
    Instant at, Seen<PostgresFacts> postgres, Seen<KafkaFacts> kafka, Seen<WorkerFacts> workers) {}
