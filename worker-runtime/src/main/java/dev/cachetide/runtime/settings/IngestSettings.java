package dev.cachetide.runtime.settings;

import java.time.Duration;
import java.util.Map;

/**
 * Settings of cdc-ingest.
 *
 * @param partitions of each change topic that ingest creates; default 6
 * @param replicationFactor of those topics; default -1, the broker's own default
 * @param retention of those topics; default 7 days
 * @param pollInterval how often the engine looks for decoded changes; default 1 ms
 * @param heartbeat how often a heartbeat row is written and acknowledged; default 2 s
 * @param gateLimit how long a batch may wait for its transactions to become visible before it is
 *     published early and published again once visible; default 30 s
 * @param debezium passed to the engine as they are; default none
 */
public record IngestSettings(
    int partitions,
    short replicationFactor,
    Duration retention,
    Duration pollInterval,
    Duration heartbeat,
    Duration gateLimit,
    Map<String, String> debezium) {

  /** Copies the map. */
  public IngestSettings {
    debezium = Map.copyOf(debezium);
  }
}
