package dev.cachetide.system.race;

import java.util.OptionalLong;

/**
 * Fills carry the WAL position at which they were loaded, and each change event leaves a tombstone
 * with its own position: an older fill is refused, an older entry is deleted. The keys are its own,
 * so that nothing but these rules evicts. Sound only if a transaction could see every commit below
 * the position that it reads; Postgres promises no such thing.
 */
final class LsnTaggedCache implements CacheUnderTest {

  /** KEYS: entry, tombstone. ARGV: position, version. Refuses what is older than either. */
  private static final String FILL =
      """
      local lsn = tonumber(ARGV[1])
      local entry = redis.call('GET', KEYS[1])
      if lsn < tonumber(redis.call('GET', KEYS[2]) or '0')
          or entry and lsn < tonumber(string.match(entry, '^%d+')) then
        return 0
      end
      redis.call('SET', KEYS[1], ARGV[1] .. ':' .. ARGV[2])
      return 1
      """;

  /** KEYS: entry, tombstone. ARGV: position. The tombstone only ever rises. */
  private static final String BURY =
      """
      local lsn = tonumber(ARGV[1])
      if lsn > tonumber(redis.call('GET', KEYS[2]) or '0') then
        redis.call('SET', KEYS[2], ARGV[1])
      end
      local entry = redis.call('GET', KEYS[1])
      if entry and tonumber(string.match(entry, '^%d+')) < lsn then
        return redis.call('DEL', KEYS[1])
      end
      return 0
      """;

  private final RedisText redis;

  LsnTaggedCache(String uri) {
    redis = new RedisText(uri);
  }

  @Override
  public long read(int id, Loader loader) {
    OptionalLong cached = cached(id);
    if (cached.isPresent()) {
      return cached.getAsLong();
    }
    Row row = loader.load(id);
    redis.run(FILL, keys(id), Long.toString(row.lsn()), Long.toString(row.version()));
    return row.version();
  }

  @Override
  public OptionalLong cached(int id) {
    String value = redis.commands().get(key(id));
    return value == null
        ? OptionalLong.empty()
        : OptionalLong.of(Long.parseLong(value, value.indexOf(':') + 1, value.length(), 10));
  }

  @Override
  public void changed(int id, long lsn) {
    redis.run(BURY, keys(id), Long.toString(lsn));
  }

  private static String key(int id) {
    return "tagged:" + id;
  }

  private static String[] keys(int id) {
    return new String[] {key(id), "tombstone:" + id};
  }

  @Override
  public void close() {
    redis.close();
  }
}
