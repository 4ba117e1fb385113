package dev.cachetide.runtime;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to pause before trying again: exponential with full jitter, so that workers which failed
 * together do not return together.
 *
 * <p>Holds no state but the source of randomness; as safe for concurrent use as that is.
 */
public final class Backoff {

  private final long firstMillis;
  private final long maxMillis;
  private final RandomGenerator random;

  /**
   * Pauses between 1 ms and {@code first}, twice that after each failure, {@code max} at most.
   *
   * @throws IllegalArgumentException when {@code first} is below 1 ms or above {@code max}
   */
  public Backoff(Duration first, Duration max, RandomGenerator random) {
    this.firstMillis = first.toMillis();
    this.maxMillis = max.toMillis();
    this.random = random;
    if (firstMillis < 1 || firstMillis > maxMillis) {
      throw new IllegalArgumentException("backoff from " + first + " to " + max);
    }
  }

  /**
   * The pause after the {@code attempt}th failure in a row.
   *
   * @param attempt from 1
   * @throws IllegalArgumentException when {@code attempt} is below 1
   */
  public Duration pause(int attempt) {
    return Duration.ofMillis(random.nextLong(1, ceilingMillis(attempt) + 1));
  }

  private long ceilingMillis(int attempt) {
    if (attempt < 1) {
      throw new IllegalArgumentException("attempt " + attempt);
    }
    int doublings = Math.min(attempt - 1, Long.numberOfLeadingZeros(firstMillis) - 1);
    return Math.min(maxMillis, firstMillis << doublings);
  }
}
