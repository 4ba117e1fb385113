package dev.cachetide.benchmarks.hits;

import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.redisson.api.RLocalCachedMap;
import org.redisson.api.RMap;
import org.redisson.api.RMapCache;
import org.redisson.api.RedissonClient;
import org.redisson.api.options.LocalCachedMapOptions;
import org.redisson.api.options.LocalCachedMapOptions.EvictionPolicy;
import org.redisson.client.codec.Codec;
import org.redisson.codec.TypedJsonJacksonCodec;

/** All entries as fields of one hash. */
final class RedissonMap implements HitPath {

  private static final Codec CODEC =
      new TypedJsonJacksonCodec(Product.class, Long.class, Product.class);

  private final RedissonClient client;
  private final RMap<Long, Product> map;
  private final Consumer<Product> put;

  private RedissonMap(RedissonClient client, RMap<Long, Product> map, Consumer<Product> put) {
    this.client = client;
    this.map = map;
    this.put = put;
  }

  /** With a time to live for each entry, which a script checks on each read. */
  static RedissonMap mapCache(String redisUri) {
    RedissonClient client = RedissonBucket.connect(redisUri);
    RMapCache<Long, Product> map = client.getMapCache("map-cache", CODEC);
    return new RedissonMap(
        client, map, product -> map.fastPut(product.id(), product, 1, TimeUnit.HOURS));
  }

  /** With a copy in the process that other processes' changes invalidate. */
  static RedissonMap local(String redisUri) {
    RedissonClient client = RedissonBucket.connect(redisUri);
    RLocalCachedMap<Long, Product> map =
        client.getLocalCachedMap(
            LocalCachedMapOptions.<Long, Product>name("local-map")
                .codec(CODEC)
                .evictionPolicy(EvictionPolicy.LRU)
                .cacheSize(10_000)
                .useObjectAsCacheKey(true));
    return new RedissonMap(client, map, product -> map.fastPut(product.id(), product));
  }

  @Override
  public void put(Product product) {
    put.accept(product);
  }

  @Override
  public @Nullable Product get(long id) {
    return map.get(id);
  }

  @Override
  public void close() {
    client.shutdown();
  }
}
