package dev.cachetide.benchmarks.hits;

import com.alicp.jetcache.Cache;
import com.alicp.jetcache.MultiLevelCacheBuilder;
import com.alicp.jetcache.embedded.CaffeineCacheBuilder;
import com.alicp.jetcache.redis.lettuce.RedisLettuceCacheBuilder;
import io.lettuce.core.RedisClient;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** JetCache on Lettuce; its programming interface, without annotations or Spring. */
final class JetCache implements HitPath {

  private final RedisClient client;
  private final Cache<Long, Product> cache;

  private JetCache(RedisClient client, Cache<Long, Product> cache) {
    this.client = client;
    this.cache = cache;
  }

  static JetCache remote(String redisUri) {
    RedisClient client = RedisClient.create(redisUri);
    return new JetCache(client, remote(client, "jetcache:"));
  }

  static JetCache localAndRemote(String redisUri) {
    RedisClient client = RedisClient.create(redisUri);
    Cache<Long, Product> local =
        CaffeineCacheBuilder.createCaffeineCacheBuilder()
            .limit(10_000)
            .expireAfterWrite(1, TimeUnit.HOURS)
            .keyConvertor(key -> key)
            .buildCache();
    return new JetCache(
        client,
        MultiLevelCacheBuilder.createMultiLevelCacheBuilder()
            .addCache(local, remote(client, "jetcache-both:"))
            .expireAfterWrite(1, TimeUnit.HOURS)
            .buildCache());
  }

  private static Cache<Long, Product> remote(RedisClient client, String prefix) {
    return RedisLettuceCacheBuilder.createRedisLettuceCacheBuilder()
        .redisClient(client)
        .keyPrefix(prefix)
        .keyConvertor(Object::toString)
        .valueEncoder(new JetCacheJson.Encoder())
        .valueDecoder(new JetCacheJson.Decoder())
        .expireAfterWrite(1, TimeUnit.HOURS)
        .buildCache();
  }

  @Override
  public void put(Product product) {
    cache.put(product.id(), product);
  }

  @Override
  public @Nullable Product get(long id) {
    return cache.get(id);
  }

  @Override
  public void close() {
    cache.close();
    client.shutdown(0, 1, TimeUnit.SECONDS);
  }
}
