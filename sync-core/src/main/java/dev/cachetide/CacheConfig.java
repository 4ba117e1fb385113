package dev.cachetide;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a cache behaves; made by {@link CacheBuilder}.
 *
 * @param name for metrics and logs
 * @param plain whether entries are the bare bytes of the codec, shared with other applications
 * @param version the name of the version pointer that the entries follow; null for none
 * @param near L1; null for none
 */
public record CacheConfig(
    String name,
    boolean plain,
    @Nullable String version,
    Expiry expiry,
    Leases leases,
    Limits limits,
    @Nullable Near near) {

  /** Checks the name and that a plain cache is asked for nothing that needs the fence. */
  public CacheConfig {
    if (name.isBlank()) {
      throw new IllegalArgumentException("a cache needs a name");
    }
    if (plain && (expiry.soft() != null || !expiry.grace().isZero())) {
      throw new IllegalArgumentException(
          "cache " + name + ": plain entries hold no times; leave out softTtl and staleWhileError");
    }
  }

  /**
   * When entries end.
   *
   * @param ttl default 1 h
   * @param jitter default 0.1: each TTL is shortened by a random part of up to so much, so that
   *     entries stored together do not end together; one that is given with a value is kept
   * @param negative default 1 min: how long absence is remembered; zero for not at all
   * @param soft renewal in the background begins here, or earlier by chance; null for never
   * @param beta default 1: above 1 renews earlier (XFetch)
   * @param grace default zero: how long beyond its TTL a value may be served when loading fails
   * @param dirty default 1 min: how long a write-behind value is shown at most
   */
  public record Expiry(
      Duration ttl,
      double jitter,
      Duration negative,
      @Nullable Duration soft,
      double beta,
      Duration grace,
      Duration dirty) {

    /** Checks the numbers. */
    public Expiry {
      positive("ttl", ttl);
      positive("dirtyTtl", dirty);
      if (negative.isNegative() || grace.isNegative()) {
        throw new IllegalArgumentException("negativeTtl and staleWhileError cannot be below zero");
      }
      if (!(jitter >= 0 && jitter < 1)) {
        throw new IllegalArgumentException("ttlJitter must be at least 0 and below 1: " + jitter);
      }
      if (!(beta >= 0)) {
        throw new IllegalArgumentException("beta cannot be below 0: " + beta);
      }
      if (soft != null && (soft.isNegative() || soft.isZero() || soft.compareTo(ttl) >= 0)) {
        throw new IllegalArgumentException("softTtl must be positive and shorter than ttl");
      }
    }

    /** The same, but what is cached ends at its TTL, neither renewed before nor served after. */
    public Expiry withoutRenewal() {
      return new Expiry(ttl, jitter, negative, null, beta, Duration.ZERO, dirty);
    }

    /** The defaults. */
    public static Expiry defaults() {
      return new Expiry(
          Duration.ofHours(1),
          0.1,
          Duration.ofMinutes(1),
          null,
          1,
          Duration.ZERO,
          Duration.ofMinutes(1));
    }
  }

  /**
   * How loads are shared.
   *
   * @param life default 5 s: how long a lease stands; a load that takes longer is not stored
   * @param waitBudget default 2 s: how long a reader waits for somebody else's load
   * @param loadTimeout default 30 s: how long a reader waits for a load of its own process
   * @param concurrentLoads default 64: how many loads of single keys run at once in this process
   * @param waiters default 10,000: how many readers wait for loads at once in this process
   */
  public record Leases(
      Duration life, Duration waitBudget, Duration loadTimeout, int concurrentLoads, int waiters) {

    /** Checks the numbers. */
    public Leases {
      positive("leaseLife", life);
      positive("loadTimeout", loadTimeout);
      if (waitBudget.isNegative()) {
        throw new IllegalArgumentException("waitBudget cannot be below zero");
      }
      if (concurrentLoads < 1 || waiters < 1) {
        throw new IllegalArgumentException("concurrentLoads and waiters must be positive");
      }
    }

    /** The defaults. */
    public static Leases defaults() {
      return new Leases(
          Duration.ofSeconds(5), Duration.ofSeconds(2), Duration.ofSeconds(30), 64, 10_000);
    }
  }

  /**
   * What is stored at most.
   *
   * @param maxBytes default 1 MiB: a longer value is not stored
   * @param compressFrom default 4 KiB: a value of so many bytes is compressed by zstd; plain
   *     entries never are
   */
  public record Limits(int maxBytes, int compressFrom) {

    /** Checks the numbers. */
    public Limits {
      if (maxBytes < 1 || compressFrom < 1) {
        throw new IllegalArgumentException("maxValueBytes and compressFrom must be positive");
      }
    }

    /** The defaults. */
    public static Limits defaults() {
      return new Limits(1024 * 1024, 4 * 1024);
    }
  }

  /**
   * L1, in the process.
   *
   * @param maximumSize how many entries
   * @param ttl how long one stays at most
   */
  public record Near(long maximumSize, Duration ttl) {

    /** Checks the numbers. */
    public Near {
      positive("near ttl", ttl);
      if (maximumSize < 1) {
        throw new IllegalArgumentException("near maximumSize must be positive");
      }
    }
  }

  private static void positive(String what, Duration duration) {
    if (duration.isNegative() || duration.isZero()) {
      throw new IllegalArgumentException(what + " must be positive, not " + duration);
    }
  }
}
