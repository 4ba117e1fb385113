package dev.cachetide.ingest;

import java.util.List;
import java.util.Set;

/**
 * The events of one batch of the engine.
 *
 * @param events to be published, in order
 * @param xids of every transaction in the batch, 32 bits, unsigned
 * @param commitMicros when each of those transactions was committed, since 1970
 * @param lastBeat the number of the latest heartbeat in it; 0 when there is none
 */
record Batch(List<ChangeEvent> events, Set<Long> xids, List<Long> commitMicros, long lastBeat) {

  Batch {
    events = List.copyOf(events);
    xids = Set.copyOf(xids);
    commitMicros = List.copyOf(commitMicros);
  }
}
