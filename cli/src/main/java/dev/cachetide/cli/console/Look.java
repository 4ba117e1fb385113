package dev.cachetide.cli.console;

import dev.cachetide.cli.look.KafkaFacts;
import dev.cachetide.cli.look.PostgresFacts;
import dev.cachetide.cli.look.Source.Seen;
import dev.cachetide.cli.look.WorkerFacts;
import java.time.Instant;

/**
 * What all servers have said last, at one moment.
 *
 * @param letters how many records that could not be read nobody has dealt with
 */
record Look(
    Instant at,
    Seen<PostgresFacts> postgres,
    Seen<KafkaFacts> kafka,
    Seen<WorkerFacts> workers,
    Seen<Long> letters) {}
