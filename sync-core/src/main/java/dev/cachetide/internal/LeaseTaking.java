package dev.cachetide.internal;

import dev.cachetide.CacheConfig;
import dev.cachetide.internal.Found.Look;
import dev.cachetide.internal.StatsCounter.Count;
import dev.cachetide.internal.coherence.Trust;
import dev.cachetide.internal.fenced.Origin;
import dev.cachetide.internal.fenced.Store;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Takes the lease of a key that was looked at in vain, or waits for somebody else's load, and
 * stores what was loaded as long as the lease stands.
 */
final class LeaseTaking<K, V> {

  private static final long FIRST_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
  private static final long LATER_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(25);

  private final CacheConfig config;
  private final Ground ground;
  private final Store store;
  private final Reads<V> reads;
  private final Near<K, V> near;

  LeaseTaking(CacheConfig config, Ground ground, Store store, Reads<V> reads, Near<K, V> near) {
    this.config = config;
    this.ground = ground;
    this.store = store;
    this.reads = reads;
    this.near = near;
  }

  /** Looks again, for the wait budget, until something can be made of what is found. */
  <R> R waiting(String base, Look<V> first, Settling<V, R> settling) {
    long deadline = now() + config.leases().waitBudget().toNanos();
    Look<V> look = first;
    // always from before the look that brings a value, or what left in between would stay in L1
    Near.Ticket ticket = near.ticket(base);
    for (int tries = 0; ; tries++) {
      R settled = settling.settle(look, ticket);
      if (settled != null) {
        return settled;
      }
      if (tries == 0) {
        ground.stats().add(Count.LEASE_WAIT);
      }
      if (now() - deadline >= 0) {
        ground.stats().add(Count.LEASE_LOSS);
        return settling.inVain(look);
      }
      LockSupport.parkNanos(pauseNanos(tries));
      ticket = near.ticket(base);
      look = reads.lookNow(base);
    }
  }

  /** Asks for the lease, once. */
  Answer<V> take(Look<V> look, Trust trust, Near.Ticket ticket) {
    if (look.found() instanceof Found.Busy<V>) {
      return new Answer<>(true, null);
    }
    byte[] token = store.newToken();
    V stale = stale(look.found());
    Lease<V> lease = new Lease<>(look.at(), trust, token, ticket, stale != null, stale);
    if (look.found() instanceof Found.Expired<V> expired) {
      var mine = claim(look.at(), expired.stamp(), token);
      return new Answer<>(mine.answered(), mine.isTrue() ? lease : null);
    }
    if (look.found() instanceof Found.Useless<V>) {
      ground.guard().ask(() -> store.evict(List.of(look.at())));
    }
    var standing = ground.guard().ask(() -> store.lease(look.at(), token, config.leases().life()));
    byte[] other = standing.value();
    boolean mine = standing.answered() && (other == null || store.isLease(other, token));
    return new Answer<>(standing.answered(), mine ? lease : null);
  }

  /** Takes the lease of a value that stands, which readers get all the while. */
  @Nullable Lease<V> takeOf(Look<V> look, Trust trust, byte[] stamp, Near.Ticket ticket) {
    byte[] token = store.newToken();
    return claim(look.at(), stamp, token).isTrue()
        ? new Lease<>(look.at(), trust, token, ticket, true, null)
        : null;
  }

  private Guard.Answer<Boolean> claim(String at, byte[] stamp, byte[] token) {
    return ground.guard().ask(() -> store.claim(at, stamp, token, config.leases().life()));
  }

  /** The value beyond its TTL that was found. */
  static <V> @Nullable V stale(Found<V> found) {
    return found instanceof Found.Expired<V> expired ? expired.value() : null;
  }

  /** Whether the lease stood, and the fill stands now. */
  boolean fill(Lease<V> lease, Fills.Fill fill, long loadNanos) {
    Origin origin = Origin.load(TimeUnit.NANOSECONDS.toMicros(loadNanos));
    var answer =
        ground
            .guard()
            .ask(() -> store.fill(lease.at(), lease.token(), fill.content(), origin, fill.life()));
    if (answer.answered()) {
      ground.stats().add(answer.isTrue() ? Count.SET : Count.REJECTED_FILL);
    }
    return answer.isTrue();
  }

  /** Nothing is to be stored under the lease: the key is free again. */
  void evict(Lease<V> lease) {
    ground.guard().ask(() -> store.evict(List.of(lease.at())));
  }

  /**
   * Nobody should wait for a load that failed. A value that was only claimed stays; the claim of
   * one beyond its TTL is given back, so that the next reader tries at once, while one that is
   * renewed ahead of it has time: holding off is then what a database in trouble needs.
   */
  void release(Lease<V> lease) {
    if (!lease.claimed()) {
      evict(lease);
    } else if (lease.stale() != null) {
      ground.guard().ask(() -> store.release(lease.at(), lease.token()));
    }
  }

  private long now() {
    return ground.nanoTime().getAsLong();
  }

  private static long pauseNanos(int tries) {
    long limit = Math.min(LATER_LOOK_NANOS, FIRST_LOOK_NANOS << Math.min(tries, 5));
    return limit / 2 + ThreadLocalRandom.current().nextLong(limit / 2);
  }

  /** What is made of a look. */
  interface Settling<V, R> {

    /** Null when somebody else is loading. */
    @Nullable R settle(Look<V> look, Near.Ticket ticket);

    /** The wait budget is spent. */
    R inVain(Look<V> look);
  }

  /**
   * What Redis said.
   *
   * @param answered false when it said nothing
   * @param lease null when somebody else has it
   */
  record Answer<V>(boolean answered, @Nullable Lease<V> lease) {}

  /**
   * Permission to fill.
   *
   * @param claimed whether a value stands under it
   * @param stale that value, when it is beyond its TTL
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Lease<V>(
      String at,
      Trust trust,
      byte[] token,
      Near.Ticket ticket,
      boolean claimed,
      @Nullable V stale) {}
}
