package dev.cachetide.system.race;

import java.util.OptionalLong;

/**
 * What most applications do: GET, and on a miss load and SET; the pipeline deletes. A load that
 * stalls until the deletion is over caches what it read before.
 */
final class PlainCache implements CacheUnderTest {

  private final RedisText redis;

  PlainCache(String uri) {
    redis = new RedisText(uri);
  }

  @Override
  public long read(int id, Loader loader) {
    OptionalLong cached = cached(id);
    if (cached.isPresent()) {
      return cached.getAsLong();
    }
    long version = loader.load(id).version();
    redis.commands().set(RedisText.key(id), Long.toString(version));
    return version;
  }

  @Override
  public OptionalLong cached(int id) {
    String value = redis.commands().get(RedisText.key(id));
    return value == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(value));
  }

  @Override
  public void close() {
    redis.close();
  }
}
