package dev.cachetide.internal;

import dev.cachetide.CacheConfig.Expiry;
import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * When a value is due for renewal: once its soft TTL has passed, and by chance before it: the
 * closer to it and the longer the load takes, the likelier (XFetch, Vattani, Chierichetti and
 * Lowenstein, "Optimal Probabilistic Cache Stampede Prevention", VLDB 2015).
 */
final class RenewalTime {

  private final Expiry expiry;
  private final RandomGenerator random;

  RenewalTime(Expiry expiry, RandomGenerator random) {
    this.expiry = expiry;
    this.random = random;
  }

  boolean isDue(long nowMillis, long filledAt, long loadMicros) {
    Duration soft = expiry.soft();
    if (soft == null) {
      return false;
    }
    // -ln of (0, 1]: nextDouble may be 0, never 1
    double early = loadMicros / 1_000.0 * expiry.beta() * -Math.log(1 - random.nextDouble());
    return nowMillis + early >= filledAt + soft.toMillis();
  }
}
