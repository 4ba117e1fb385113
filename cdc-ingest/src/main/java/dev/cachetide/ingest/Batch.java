package dev.cachetide.ingest;

import java.util.List;
import java.util.Set;
import org.apache.kafka.connect.data.Struct;

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

  /** Why generations were raised, one for each time. */
  List<String> bumps() {
    return events.stream()
        .filter(event -> event.table().equals(CapturedTables.GENERATION))
        .map(event -> ((Struct) event.record().value()).getStruct("after").getString("reason"))
        .toList();
  }

  /** How many of the events are no heartbeats. */
  int rows() {
    return (int)
        events.stream().filter(event -> !event.table().equals(CapturedTables.HEARTBEAT)).count();
  }
}
