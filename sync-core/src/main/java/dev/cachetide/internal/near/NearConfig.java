package dev.cachetide.internal.near;

import java.time.Duration;

/**
 * How much an L1 holds, and for how long at most.
 *
 * @param maximumSize entries; at least 1
 * @param ttl positive; an entry that expires earlier in Redis does so here too
 */
public record NearConfig(long maximumSize, Duration ttl) {

  /**
   * Checks.
   *
   * @throws IllegalArgumentException when a value is not positive
   */
  public NearConfig {
    if (maximumSize < 1) {
      throw new IllegalArgumentException("near: maximumSize must be positive, not " + maximumSize);
    }
    if (ttl.isNegative() || ttl.isZero()) {
      throw new IllegalArgumentException("near: ttl must be positive, not " + ttl);
    }
  }
}
