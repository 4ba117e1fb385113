package dev.cachetide.internal.near;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.sandbox.SandboxRedis;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.RedisClient;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class RedisGlobIT {

  private static final String[] LETTERS = {"a", "b", "c", "-", "]", "^", "*", "?", "[", "\\", "é"};

  @Test
  void random_globs_match_the_keys_that_redis_matches() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    try (SandboxRedis redis = SandboxRedis.builder().start();
        RedisClient client = RedisClient.create(redis.uri());
        StatefulRedisConnection<String, String> connection = client.connect()) {
      Set<String> keys = new TreeSet<>();
      for (int i = 0; i < 400; i++) {
        String key = letters(random, 1 + random.nextInt(5));
        connection.sync().set(key, "");
        keys.add(key);
      }
      for (int i = 0; i < 500; i++) {
        String pattern = letters(random, 1 + random.nextInt(7));
        RedisGlob glob = RedisGlob.of(pattern);
        assertThat(keys.stream().filter(glob::matches).collect(Collectors.toSet()))
            .as("seed %d, glob %s", seed, pattern)
            .isEqualTo(scan(connection.sync(), pattern));
      }
    }
  }

  private static Set<String> scan(RedisCommands<String, String> redis, String pattern) {
    Set<String> found = new TreeSet<>();
    ScanArgs args = ScanArgs.Builder.matches(pattern).limit(1_000);
    KeyScanCursor<String> page = redis.scan(ScanCursor.INITIAL, args);
    found.addAll(page.getKeys());
    while (!page.isFinished()) {
      page = redis.scan(page, args);
      found.addAll(page.getKeys());
    }
    return found;
  }

  private static String letters(Random random, int count) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append(LETTERS[random.nextInt(LETTERS.length)]);
    }
    return text.toString();
  }
}
