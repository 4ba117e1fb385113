package dev.cachetide.system.race;

import io.lettuce.core.RedisClient;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;

/** One application's connection to Redis, for the caches that are made by hand. */
final class RedisText implements AutoCloseable {

  private final RedisClient client;
  private final StatefulRedisConnection<String, String> connection;

  RedisText(String uri) {
    client = RedisClient.create(uri);
    connection = client.connect();
  }

  RedisCommands<String, String> commands() {
    return connection.sync();
  }

  /** Runs a script that answers with a number. */
  long run(String script, String[] keys, String... arguments) {
    Long answer = commands().eval(script, ScriptOutputType.INTEGER, keys, arguments);
    return answer;
  }

  static String key(int id) {
    return RacePipeline.PREFIX + id;
  }

  @Override
  public void close() {
    connection.close();
    client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
  }
}
