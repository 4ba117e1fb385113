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
 */
public record InvalidationSettings(
    Source source,
    String topicPrefix,
    int maxPollRecords,
    Duration maxPollInterval,
    Duration retryBackoffMax,
    Duration drainTimeout) {

  /** Who writes the change topics, which decides who runs the visibility gate. */
  public enum Source {
    /** cdc-ingest, which has run the gate. */
    CACHETIDE,
    /** Kafka Connect or Debezium Server; the worker runs the gate itself. */
    DEBEZIUM
  }
}
