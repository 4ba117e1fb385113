package dev.cachetide.runtime.settings;

import java.time.Duration;

/**
 * Settings of the write-behind worker.
 *
 * @param partitions of the write topic, when the worker creates it; default 6
 * @param replicationFactor of that topic; default -1, the broker's own default
 * @param retention of that topic; default 7 days
 * @param maxPollRecords the most write commands that one poll returns; default 50000
 * @param maxPollInterval the longest that one poll's commands may take before the group moves on;
 *     default 5 min
 * @param retryBackoffMax the longest pause between two attempts; default 5 s
 * @param drainTimeout how long a stop waits for the batch in flight; default 10 s
 * @param batch default see {@link BatchSettings}
 * @param idempotenceWindow how long a command's id is remembered; default 24 h
 * @param receiptRetention how long it can be asked what became of a command; default 7 days
 */
public record WriteBehindSettings(
    int partitions,
    short replicationFactor,
    Duration retention,
    int maxPollRecords,
    Duration maxPollInterval,
    Duration retryBackoffMax,
    Duration drainTimeout,
    BatchSettings batch,
    Duration idempotenceWindow,
    Duration receiptRetention) {

  /**
   * How much one transaction applies.
   *
   * @param maxRows the most commands; default 30000
   * @param maxBytes the most bytes of their records; default 16 MiB
   * @param linger how long a batch that is not full waits for more; default 0
   * @param targetLatency what a transaction should take at most: batches shrink when it takes
   *     longer; default 1 s
   * @param maxRowsPerSecond the most commands in a second, of one worker; 0, the default, for no
   *     limit
   */
  public record BatchSettings(
      int maxRows, int maxBytes, Duration linger, Duration targetLatency, int maxRowsPerSecond) {}
}
