package dev.cachetide;

import java.time.Duration;

/**
 * What a cache has done since it was built or since {@link Cache#resetStats}.
 *
 * @param nearHits reads that L1 answered
 * @param hits reads that Redis answered
 * @param misses reads that neither answered, {@code bypasses} among them
 * @param sets entries stored, loads included
 * @param deletes keys whose eviction was asked for here
 * @param errors commands that Redis did not answer, or refused, each treated as a miss, and values
 *     that the codec could not encode, which were not stored
 * @param bypasses reads that did not ask Redis, because it may not be believed or its breaker is
 *     open
 * @param loads loads that returned
 * @param loadFailures loads that failed
 * @param loadTime spent in loads
 * @param leaseWaits reads that waited for a load of somebody else
 * @param leaseLosses of those, the ones that waited in vain and loaded without storing
 * @param rejectedFills loaded values that were not stored, because the key was evicted meanwhile
 * @param staleServed values beyond their TTL that were served because the loader failed
 * @param refreshes values renewed before their TTL ended
 * @param undecodable entries of another schema, or that the codec refused
 * @param oversize values that were too large to be stored
 * @param nearFlushes times that L1 was emptied because something may have been missed
 * @param nearBypasses reads that did not ask L1, because its workers were silent
 */
public record CacheStats(
    long nearHits,
    long hits,
    long misses,
    long sets,
    long deletes,
    long errors,
    long bypasses,
    long loads,
    long loadFailures,
    Duration loadTime,
    long leaseWaits,
    long leaseLosses,
    long rejectedFills,
    long staleServed,
    long refreshes,
    long undecodable,
    long oversize,
    long nearFlushes,
    long nearBypasses) {

  /** Reads answered by L1 or Redis among all that asked them; 1 when there were none. */
  public double hitRatio() {
    long asked = nearHits + hits + misses;
    return asked == 0 ? 1 : (double) (nearHits + hits) / asked;
  }
}
