package dev.cachetide.benchmarks.hits;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.redisson.Redisson;
import org.redisson.api.RBucket;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.Codec;
import org.redisson.codec.TypedJsonJacksonCodec;
import org.redisson.config.Config;

/** One string a key, as with a plain GET. */
final class RedissonBucket implements HitPath {

  private final Codec codec = new TypedJsonJacksonCodec(Product.class);
  private final RedissonClient client;

  RedissonBucket(String redisUri) {
    client = connect(redisUri);
  }

  static RedissonClient connect(String redisUri) {
    Config config = new Config();
    config.useSingleServer().setAddress(redisUri);
    return Redisson.create(config);
  }

  @Override
  public void put(Product product) {
    bucket(product.id()).set(product, Duration.ofHours(1));
  }

  @Override
  public @Nullable Product get(long id) {
    return bucket(id).get();
  }

  private RBucket<Product> bucket(long id) {
    return client.getBucket("bucket:" + id, codec);
  }

  @Override
  public void close() {
    client.shutdown();
  }
}
