package dev.cachetide.runtime;

import java.time.Duration;

/**
 * What one worker's loop is told.
 *
 * @param name of the program, for logs, metrics and probes
 * @param group the membership: group, client id, batch size, longest batch
 * @param topics what to read
 * @param deadLetterTopic where parked records go; made when the first one comes
 * @param commitInterval how often finished progress is committed
 * @param retryBackoffMax the longest pause between two attempts
 * @param drainTimeout how long a stop waits for the batch in flight
 */
public record LoopSettings(
    String name,
    KafkaClients.Group group,
    Topics topics,
    String deadLetterTopic,
    Duration commitInterval,
    Duration retryBackoffMax,
    Duration drainTimeout) {

  /** The usual commit interval: what a crash makes come twice, against commits per second. */
  public static final Duration COMMIT_INTERVAL = Duration.ofSeconds(1);
}
