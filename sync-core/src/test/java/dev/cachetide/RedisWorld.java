package dev.cachetide;

import dev.cachetide.sandbox.SandboxRedis;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import java.time.Duration;
import org.awaitility.Awaitility;

/** A Redis, a client without a pipeline on it, and a look behind the client's back. */
final class RedisWorld implements AutoCloseable {

  final SandboxRedis redis;
  final Cachetide client;
  final RedisCommands<String, byte[]> raw;
  private final RedisClient connection;

  private RedisWorld(SandboxRedis redis) {
    this.redis = redis;
    connection = RedisClient.create(redis.uri());
    raw = connection.connect(RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE)).sync();
    client = Cachetide.builder().redis(redis.uri()).build();
    Awaitility.await().until(client::trusted);
  }

  static RedisWorld start() {
    return new RedisWorld(SandboxRedis.builder().start());
  }

  /** A cache of text by number, with what is asked of it besides. */
  Cache<Long, String> texts(String name) {
    return client.<Long, String>cache(name, Codec.text()).build();
  }

  /** How often Redis was told a command, by itself. */
  long calls(String command) {
    return raw.info("commandstats")
        .lines()
        .filter(line -> line.startsWith("cmdstat_" + command + ":calls="))
        .map(line -> line.substring(line.indexOf('=') + 1, line.indexOf(',')))
        .mapToLong(Long::parseLong)
        .sum();
  }

  @Override
  public void close() {
    client.close();
    connection.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    redis.close();
  }
}
