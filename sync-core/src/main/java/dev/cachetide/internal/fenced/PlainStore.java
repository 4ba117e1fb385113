package dev.cachetide.internal.fenced;

import dev.cachetide.internal.fenced.Entry.Body;
import dev.cachetide.internal.fenced.Entry.Header;
import dev.cachetide.internal.redis.RedisLink;
import dev.cachetide.wire.CacheNames;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The bare bytes of the codec under the key, as any application reads them by GET. There is no
 * lease: a reader that loaded before a change and stores after its eviction leaves a stale entry
 * until its TTL. Tags are sets of member keys.
 */
public final class PlainStore implements Store {

  private final RedisLink redis;
  private final int schema;
  private final IntSupplier generation;

  /**
   * A store on a link.
   *
   * @param schema of the codec, which the bytes do not tell
   * @param generation of the moment, which they do not tell either
   */
  public PlainStore(RedisLink redis, int schema, IntSupplier generation) {
    this.redis = redis;
    this.schema = schema;
    this.generation = generation;
  }

  @Override
  public byte[] newToken() {
    return new byte[Layout.TOKEN_LENGTH];
  }

  @Override
  public CompletionStage<byte @Nullable []> read(String key) {
    return redis.get(key);
  }

  @Override
  public CompletionStage<List<byte @Nullable []>> readAll(List<String> keys) {
    return redis.getAll(keys);
  }

  @Override
  public @Nullable Entry parse(byte @Nullable [] bytes) {
    return bytes == null
        ? null
        : new Entry.Value(
            bytes,
            new Header(0, generation.getAsInt(), 0, Long.MAX_VALUE),
            new Body(schema, Map.of(), 0));
  }

  /** Every reader may store. */
  @Override
  public CompletionStage<byte @Nullable []> lease(String key, byte[] token, Duration life) {
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public boolean isLease(byte[] entry, byte[] token) {
    return false;
  }

  @Override
  public CompletionStage<Boolean> force(String key, byte[] token, Duration life) {
    return CompletableFuture.completedFuture(true);
  }

  @Override
  public CompletionStage<Boolean> claim(
      String key, byte[] seenStamp, byte[] token, Duration holdOff) {
    return CompletableFuture.completedFuture(false);
  }

  @Override
  public CompletionStage<Boolean> release(String key, byte[] token) {
    return CompletableFuture.completedFuture(false);
  }

  /** Nothing that could be changed in place: the key is evicted after the write. */
  @Override
  public CompletionStage<byte @Nullable []> mark(String key, byte[] token, Duration life) {
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public CompletionStage<Boolean> fill(
      String key, byte[] token, Content content, Origin origin, Duration ttl) {
    return put(key, content, ttl).thenApply("OK"::equals);
  }

  /** A plain value cannot tell that it is one: it appears once it is applied. */
  @Override
  public CompletionStage<Boolean> putDirty(String key, byte[] token, byte[] dirty, Duration ttl) {
    return CompletableFuture.completedFuture(false);
  }

  @Override
  public CompletionStage<String> put(String key, Content content, Duration ttl) {
    byte[] payload = content.payload();
    if (payload == null) {
      return CompletableFuture.completedFuture("");
    }
    List<CompletableFuture<?>> memberships = new ArrayList<>();
    // first the membership, then the value: a tag's eviction in between finds the key
    for (String tag : content.tags().keySet()) {
      memberships.add(redis.addMember(CacheNames.memberSet(tag), key).toCompletableFuture());
    }
    return CompletableFuture.allOf(memberships.toArray(CompletableFuture<?>[]::new))
        .thenCompose(done -> redis.set(key, payload, ttl));
  }

  @Override
  public CompletionStage<Long> evict(Collection<String> keys) {
    return redis.unlink(keys);
  }
}
