package dev.cachetide.runtime.settings;

import java.time.Duration;

/**
 * Settings of the write-behind worker.
 *
 * @param partitions of the write topic, when the worker creates it; default 6
 * @param replicationFactor of that topic; default -1, the broker's own default
 * @param retention of that topic; default 7 days
 * @param maxPollRecords the most write commands in one batch; default 5000
 * @param maxPollInterval the longest that one batch may take before the group moves on; default 5
 *     min
 * @param retryBackoffMax the longest pause between two attempts; default 5 s
 * @param drainTimeout how long a stop waits for the batch in flight; default 10 s
 */
public record WriteBehindSettings(
    int partitions,
    short replicationFactor,
    Duration retention,
    int maxPollRecords,
    Duration maxPollInterval,
    Duration retryBackoffMax,
    Duration drainTimeout) {}
