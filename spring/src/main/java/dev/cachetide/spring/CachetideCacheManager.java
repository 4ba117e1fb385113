package dev.cachetide.spring;

import dev.cachetide.Cachetide;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.cache.Cache;
import org.springframework.cache.CacheManager;

/**
 * Spring's caches on the fenced cache: in the process where so configured, then in Redis.
 *
 * <p><b>{@code @Cacheable}</b> is coherent as {@link dev.cachetide.Cache} says, with {@code sync}
 * and without: a miss takes the key's lease before the method is called, and what the method
 * returns is stored only if no eviction came in between. Others who miss the key, in this process
 * and in all others, wait for the value. The method has to read the primary after it was called;
 * inside a transaction that may have written, or at REPEATABLE READ and above, it is called and
 * what it returns is not stored.
 *
 * <p><b>{@code @CachePut}</b> evicts. What a method has written need not be the newest when it is
 * put, and nobody can tell; the next reader loads. See {@link CachetideProperties.Put}.
 *
 * <p><b>{@code @CacheEvict}</b> evicts here, in Redis and in the L1 of every process that listens,
 * and once more when the transaction that it was called in has committed. {@code allEntries} looks
 * for keys by SCAN. Where there is a pipeline, it evicts what has changed without being told.
 *
 * <p>The caches are those of the properties; safe for concurrent use.
 */
public final class CachetideCacheManager implements CacheManager {

  private static final Logger log = LoggerFactory.getLogger(CachetideCacheManager.class);

  private final Cachetide client;
  private final Map<String, FencedCache> caches = new LinkedHashMap<>();

  CachetideCacheManager(Cachetide client, Collection<FencedCache> caches) {
    this.client = client;
    caches.forEach(cache -> this.caches.put(cache.getName(), cache));
  }

  /** Null when no property describes a cache of that name, which is logged. */
  @Override
  public @Nullable Cache getCache(String name) {
    FencedCache cache = caches.get(name);
    if (cache == null) {
      log.atWarn()
          .addKeyValue("cache", name)
          .addKeyValue("fix", "cachetide.caches." + name + ".type")
          .addKeyValue("known", caches.keySet())
          .log("no property describes the cache");
    }
    return cache;
  }

  @Override
  public Collection<String> getCacheNames() {
    return caches.keySet();
  }

  /** The client, for what annotations cannot say: tags, write-behind, receipts. */
  public Cachetide client() {
    return client;
  }

  Collection<FencedCache> caches() {
    return caches.values();
  }
}
