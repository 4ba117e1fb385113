package dev.cachetide.internal.fenced;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.cachetide.internal.redis.RedisLink;
import dev.cachetide.internal.redis.Script;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Fenced entries in Redis: the lease lives in the key, so that one eviction kills value and lease
 * alike.
 *
 * <p><b>Guarantee.</b> A value that is stored by {@link #fill} was loaded after the token under
 * which it is stored was taken, and no eviction of the key happened in between. So once an
 * invalidation is acknowledged, no reader gets a value that does not reflect it: entries from
 * before it are gone, and loads from before it are refused. It holds whatever the delay of readers,
 * whatever is repeated or reordered among evictions, and whatever Redis forgets; absent is always
 * safe. Loads must see every change whose eviction has been applied, which the visibility gate of
 * ingest sees to, in a snapshot that is taken after the token.
 *
 * <p>Every method sends one command and returns at once. Safe for concurrent use.
 */
public final class FencedStore implements Store {

  private static final Script FILL = script("fill.lua");
  private static final Script FORCE = script("force.lua");
  private static final Script CLAIM = script("claim.lua");
  private static final Script RELEASE = script("release.lua");
  private static final Script MARK = script("mark.lua");
  private static final Script PUT_DIRTY = script("put-dirty.lua");
  private static final Script REFRESH = script("refresh.lua");

  private final RedisLink redis;
  private final Supplier<byte[]> tokens;
  private final UnaryOperator<Script> change;

  /**
   * A store on a link.
   *
   * @param tokens makes 16 random bytes; never a counter, which a restart would repeat
   */
  public FencedStore(RedisLink redis, Supplier<byte[]> tokens) {
    this(redis, tokens, UnaryOperator.identity());
  }

  /** With scripts that lack something, for the tests that show what it is there for. */
  FencedStore(RedisLink redis, Supplier<byte[]> tokens, UnaryOperator<Script> change) {
    this.redis = redis;
    this.tokens = tokens;
    this.change = change;
  }

  private static Script script(String name) {
    return Script.beside(FencedStore.class, name);
  }

  @Override
  public byte[] newToken() {
    return tokens.get();
  }

  @Override
  public CompletionStage<byte @Nullable []> read(String key) {
    return redis.get(key);
  }

  @Override
  public @Nullable Entry parse(byte @Nullable [] bytes) {
    return Entry.parse(bytes);
  }

  @Override
  public CompletionStage<List<byte @Nullable []>> readAll(List<String> keys) {
    return redis.getAll(keys);
  }

  @Override
  public CompletionStage<byte @Nullable []> lease(String key, byte[] token, Duration life) {
    return redis.setIfAbsent(key, leaseOf(token), life);
  }

  /**
   * Takes the lease of a key whatever stands there: for a writer before its transaction, and for a
   * reader that found something useless, such as a foreign value.
   *
   * @return false when a writer is at work: the lease is taken from it too, and neither may fill. A
   *     writer that may not fill, or whose fill is refused, leaves the key to the invalidation of
   *     its change; where none comes, it must evict after its commit
   */
  @Override
  public CompletionStage<Boolean> force(String key, byte[] token, Duration life) {
    return isOne(redis.run(change.apply(FORCE), key, token, millis(life)));
  }

  @Override
  public CompletionStage<Boolean> claim(
      String key, byte[] seenStamp, byte[] token, Duration holdOff) {
    return isOne(redis.run(change.apply(CLAIM), key, seenStamp, token, millis(holdOff)));
  }

  @Override
  public CompletionStage<Boolean> release(String key, byte[] token) {
    return isOne(redis.run(change.apply(RELEASE), key, token));
  }

  @Override
  public CompletionStage<byte @Nullable []> mark(String key, byte[] token, Duration life) {
    return redis.runForBytes(change.apply(MARK), key, token, millis(life));
  }

  /** The stamp of what is stored is the token: a repeated FILL finds itself and changes nothing. */
  @Override
  public CompletionStage<Boolean> fill(
      String key, byte[] token, Content content, Origin origin, Duration ttl) {
    return fill(key, token, content.value(origin, token), ttl);
  }

  /** The same with an entry as it is, whatever its bytes mean. */
  public CompletionStage<Boolean> fill(String key, byte[] token, byte[] entry, Duration ttl) {
    return isOne(redis.run(change.apply(FILL), key, token, entry, millis(ttl)));
  }

  @Override
  public CompletionStage<Boolean> putDirty(String key, byte[] token, byte[] dirty, Duration ttl) {
    return isOne(redis.run(change.apply(PUT_DIRTY), key, token, dirty, millis(ttl)));
  }

  /**
   * Replaces a cached value by an event's image. The tags of what is replaced stay, with their
   * stamps.
   *
   * @param entry without tags
   * @param xid of the event's transaction, widened to 64 bits; 0 when unknown, and then a value
   *     that a reader filled leaves
   * @param spared {@link Spared#PENDING}, or a dirty entry leaves
   * @return 1 replaced, 0 nothing to do, -1 evicted
   */
  public CompletionStage<Long> refresh(
      String key, byte[] entry, Duration ttl, long xid, Spared spared) {
    return redis.run(
        change.apply(REFRESH),
        key,
        entry,
        millis(ttl),
        ByteBuffer.allocate(Long.BYTES).putLong(xid).array(),
        (spared.equals(Spared.PENDING) ? "S" : "").getBytes(US_ASCII));
  }

  @Override
  public CompletionStage<String> put(String key, Content content, Duration ttl) {
    return redis.set(key, content.value(Origin.load(0), newToken()), ttl);
  }

  @Override
  public CompletionStage<Long> evict(Collection<String> keys) {
    return redis.unlink(keys);
  }

  @Override
  public CompletionStage<Long> evict(String key, Spared spared) {
    return spared.equals(Spared.NONE)
        ? evict(List.of(key))
        : redis.run(
            change.apply(Spared.SCRIPT),
            key,
            spared.arguments().stream()
                .map(each -> each.getBytes(US_ASCII))
                .toArray(byte[][]::new));
  }

  private static byte[] leaseOf(byte[] token) {
    byte[] lease = new byte[1 + token.length];
    lease[0] = 'L';
    System.arraycopy(token, 0, lease, 1, token.length);
    return lease;
  }

  @Override
  public boolean isLease(byte[] entry, byte[] token) {
    return entry.length > Layout.TOKEN_LENGTH
        && entry[0] == 'L'
        && Arrays.equals(entry, 1, 1 + Layout.TOKEN_LENGTH, token, 0, token.length);
  }

  private static byte[] millis(Duration duration) {
    return Long.toString(Math.max(1, duration.toMillis())).getBytes(US_ASCII);
  }

  private static CompletionStage<Boolean> isOne(CompletionStage<Long> answer) {
    return answer.thenApply(number -> number == 1);
  }
}
