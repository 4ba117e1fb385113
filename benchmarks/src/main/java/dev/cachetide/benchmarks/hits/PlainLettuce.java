package dev.cachetide.benchmarks.hits;

import com.fasterxml.jackson.databind.ObjectReader;
import io.lettuce.core.RedisClient;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The least that could be done: GET on one shared connection, then Jackson. */
final class PlainLettuce implements HitPath {

  private final ObjectReader reader = Product.JSON.readerFor(Product.class);
  private final RedisClient client;
  private final StatefulRedisConnection<String, byte[]> connection;
  private final RedisCommands<String, byte[]> commands;

  PlainLettuce(String redisUri) {
    client = RedisClient.create(redisUri);
    connection = client.connect(RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE));
    commands = connection.sync();
  }

  @Override
  public void put(Product product) {
    commands.set("lettuce:" + product.id(), product.toJson(), SetArgs.Builder.ex(3_600));
  }

  @Override
  public @Nullable Product get(long id) {
    byte[] json = commands.get("lettuce:" + id);
    try {
      return json == null ? null : reader.readValue(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    connection.close();
    client.shutdown(0, 1, TimeUnit.SECONDS);
  }
}
