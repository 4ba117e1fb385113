package dev.cachetide.system.race;

import io.lettuce.core.SetArgs;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The lease in the key, as the library does it: whoever finds nothing puts {@code L} and a random
 * token, and fills only while the token stands; an eviction removes a lease as it removes a value.
 * Sound only if an eviction never comes before its commit can be seen.
 */
final class LeaseCache implements CacheUnderTest {

  /** KEYS: entry. ARGV: lease, value. Fills in place of that lease only. */
  private static final String FILL =
      """
      if redis.call('GET', KEYS[1]) == ARGV[1] then
        redis.call('SET', KEYS[1], ARGV[2])
        return 1
      end
      return 0
      """;

  private static final long LEASE_MILLIS = 3_000;
  private static final long WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(60);
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  private final RedisText redis;
  private final SplittableRandom random;

  LeaseCache(String uri, SplittableRandom random) {
    redis = new RedisText(uri);
    this.random = random;
  }

  @Override
  public long read(int id, Loader loader) {
    String lease = newLease();
    long deadline = System.nanoTime() + WAIT_NANOS;
    do {
      OptionalLong cached = cached(id);
      if (cached.isPresent()) {
        return cached.getAsLong();
      }
      if (taken(id, lease)) {
        long version = loader.load(id).version();
        redis.run(FILL, new String[] {RedisText.key(id)}, lease, "V" + version);
        return version;
      }
      LockSupport.parkNanos(LOOK_NANOS);
    } while (System.nanoTime() - deadline < 0);
    return loader.load(id).version();
  }

  private boolean taken(int id, String lease) {
    SetArgs onlyIfAbsent = SetArgs.Builder.nx().px(LEASE_MILLIS);
    return redis.commands().set(RedisText.key(id), lease, onlyIfAbsent) != null;
  }

  private synchronized String newLease() {
    return "L" + Long.toHexString(random.nextLong()) + Long.toHexString(random.nextLong());
  }

  @Override
  public OptionalLong cached(int id) {
    String value = redis.commands().get(RedisText.key(id));
    return value == null || value.charAt(0) != 'V'
        ? OptionalLong.empty()
        : OptionalLong.of(Long.parseLong(value, 1, value.length(), 10));
  }

  @Override
  public void close() {
    redis.close();
  }
}
