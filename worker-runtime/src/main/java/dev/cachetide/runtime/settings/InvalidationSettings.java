package dev.cachetide.runtime.settings;

import java.time.Duration;

/**
 * Settings of the invalidation worker.
 *
 * @param source who writes the change topics; default {@link Source#CACHETIDE}
 * @param topicPrefix of the change topics; default the pipeline's name
 * @param maxPollRecords the most change events in one batch; default 1000
 * @param maxPollInterval the longest that one batch may take before the group moves on; default 5
 *     min
 * @param retryBackoffMax the longest pause between two attempts; default 5 s
 * @param drainTimeout how long a stop waits for the batch in flight; default 10 s
 * @param canaryLimit the worker is not ready while no heartbeat of ingest has come through to Redis
 *     for longer, but for three heartbeats at least; default 30 s
 */
public record InvalidationSettings(
    Source source,
    String topicPrefix,
    int maxPollRecords,
    Duration maxPollInterval,
    Duration retryBackoffMax,
    Duration drainTimeout,
    Duration canaryLimit) {

  /** Who writes the change topics, which decides who runs the visibility gate. */
  public enum Source {
    /** cdc-ingest, which has run the gate. */
    CACHETIDE,
    /** Kafka Connect or Debezium Server; the worker runs the gate itself. */
    DEBEZIUM
  }
}
