package dev.cachetide.system.race;

import dev.cachetide.Cachetide;
import dev.cachetide.Codec;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.springframework.cache.Cache;
import org.springframework.cache.CacheManager;
import org.springframework.cache.support.AbstractValueAdaptingCache;

/** One cache of text, on the library: Spring's get is get, and its put is put. */
final class NaiveCacheManager implements CacheManager {

  private final Cache cache;

  NaiveCacheManager(Cachetide client, String prefix) {
    cache = new PassedOn(client.<Object, String>cache("hot", Codec.text()).prefix(prefix).build());
  }

  @Override
  public Cache getCache(String name) {
    return cache;
  }

  @Override
  public Collection<String> getCacheNames() {
    return List.of(cache.getName());
  }

  private static final class PassedOn extends AbstractValueAdaptingCache {
    private final dev.cachetide.Cache<Object, String> cache;

    PassedOn(dev.cachetide.Cache<Object, String> cache) {
      super(false);
      this.cache = cache;
    }

    @Override
    public String getName() {
      return cache.name();
    }

    @Override
    public Object getNativeCache() {
      return cache;
    }

    @Override
    protected @Nullable Object lookup(Object key) {
      return cache.get(key).orElse(null);
    }

    @Override
    public <T> T get(Object key, Callable<T> loader) {
      throw new UnsupportedOperationException("the race reads without sync");
    }

    @Override
    public void put(Object key, @Nullable Object value) {
      cache.put(key, (String) value);
    }

    @Override
    public void evict(Object key) {
      cache.evict(key);
    }

    @Override
    public void clear() {
      throw new UnsupportedOperationException("the race clears Redis");
    }
  }
}
