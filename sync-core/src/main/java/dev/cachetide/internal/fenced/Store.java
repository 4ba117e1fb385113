package dev.cachetide.internal.fenced;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Entries in Redis: {@link FencedStore} or, for keys shared with applications that know nothing of
 * leases, {@link PlainStore}. Every method sends and returns at once; stages fail when Redis does
 * not answer.
 */
public interface Store {

  /** 16 bytes that nobody else has. */
  byte[] newToken();

  /** What stands under the key; null when absent. */
  CompletionStage<byte @Nullable []> read(String key);

  /** The same for many, in order. */
  CompletionStage<List<byte @Nullable []>> readAll(List<String> keys);

  /** What the bytes are; null when they are of no use. */
  @Nullable Entry parse(byte @Nullable [] bytes);

  /** Takes the lease of an absent key, or answers with what stands there: null when taken. */
  CompletionStage<byte @Nullable []> lease(String key, byte[] token, Duration life);

  /** Whether the lease that stands under a key is the one with this token. */
  boolean isLease(byte[] entry, byte[] token);

  /** Takes the lease for a writer, whatever stands there; false when another writer is at work. */
  CompletionStage<Boolean> force(String key, byte[] token, Duration life);

  /** Makes the renewal of a value the caller's; false when it changed or is somebody else's. */
  CompletionStage<Boolean> claim(String key, byte[] seenStamp, byte[] token, Duration holdOff);

  /** Gives a claim back that came to nothing; false when the value is gone or has changed. */
  CompletionStage<Boolean> release(String key, byte[] token);

  /** Announces a write; the entry that stands there, null when it is of no use to a reader. */
  CompletionStage<byte @Nullable []> mark(String key, byte[] token, Duration life);

  /** Stores a value if the token still stands; false when it was refused. */
  CompletionStage<Boolean> fill(
      String key, byte[] token, Content content, Origin origin, Duration ttl);

  /** Shows an accepted write; false when it will appear only once it is applied. */
  CompletionStage<Boolean> putDirty(String key, byte[] token, byte[] dirty, Duration ttl);

  /** Stores a value whatever stands there. */
  CompletionStage<String> put(String key, Content content, Duration ttl);

  /** Removes values and leases; how many there were. */
  CompletionStage<Long> evict(Collection<String> keys);

  /** Removes what stands under a key, unless it is spared; 1 when something was removed. */
  default CompletionStage<Long> evict(String key, Spared spared) {
    return evict(List.of(key));
  }
}
