package dev.cachetide.spring;

import dev.cachetide.Cachetide;
import dev.cachetide.Codec;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.cache.Cache;
import org.springframework.cache.CacheManager;
import org.springframework.cache.support.AbstractValueAdaptingCache;

/** What one would write first: get is get and put is put, on the same fenced cache. */
final class NaiveCacheManager implements CacheManager {

  private final Cachetide client;
  private final Map<String, Cache> caches = new ConcurrentHashMap<>();

  NaiveCacheManager(Cachetide client) {
    this.client = client;
  }

  @Override
  public Cache getCache(String name) {
    return caches.computeIfAbsent(
        name, each -> new Naive(client.<Object, Object>cache(each, anything()).build()));
  }

  @SuppressWarnings("unchecked")
  private static Codec<Object> anything() {
    return (Codec<Object>) (Codec<?>) Codec.json(String.class);
  }

  @Override
  public Collection<String> getCacheNames() {
    return List.copyOf(caches.keySet());
  }

  private static final class Naive extends AbstractValueAdaptingCache {
    private final dev.cachetide.Cache<Object, Object> cache;

    Naive(dev.cachetide.Cache<Object, Object> cache) {
      super(true);
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
    protected Object lookup(Object key) {
      return cache.get(key).orElse(null);
    }

    @Override
    public <T> T get(Object key, Callable<T> loader) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void put(Object key, Object value) {
      cache.put(key, value);
    }

    @Override
    public void evict(Object key) {
      cache.evict(key);
    }

    @Override
    public void clear() {
      throw new UnsupportedOperationException();
    }
  }
}
