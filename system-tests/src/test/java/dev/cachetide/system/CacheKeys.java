package dev.cachetide.system;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/** Redis as the tests' application sees it: plain keys, set by hand. */
final class CacheKeys implements AutoCloseable {

  private static final int CHUNK = 5_000;

  private final RedisClient client;
  private final StatefulRedisConnection<String, String> connection;

  CacheKeys(String uri) {
    client = RedisClient.create(uri);
    connection = client.connect();
  }

  void set(Collection<String> keys) {
    for (List<String> chunk : chunks(keys)) {
      Map<String, String> values = new HashMap<>();
      chunk.forEach(key -> values.put(key, "cached"));
      connection.sync().mset(values);
    }
  }

  void set(String... keys) {
    set(List.of(keys));
  }

  /** How many of the keys are there. */
  long present(Collection<String> keys) {
    long present = 0;
    for (List<String> chunk : chunks(keys)) {
      present += connection.sync().exists(chunk.toArray(String[]::new));
    }
    return present;
  }

  /** Those of the keys that are there. */
  List<String> presentOf(Collection<String> keys) {
    return keys.stream().filter(key -> connection.sync().exists(key) == 1).toList();
  }

  void awaitGone(Duration atMost, Collection<String> keys) {
    Awaitility.await("keys to leave")
        .atMost(atMost)
        .pollInterval(Duration.ofMillis(keys.size() > CHUNK ? 200 : 5))
        .until(() -> present(keys) == 0);
  }

  private static List<List<String>> chunks(Collection<String> keys) {
    List<String> all = new ArrayList<>(keys);
    List<List<String>> chunks = new ArrayList<>();
    for (int from = 0; from < all.size(); from += CHUNK) {
      chunks.add(all.subList(from, Math.min(all.size(), from + CHUNK)));
    }
    return chunks;
  }

  @Override
  public void close() {
    connection.close();
    client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
  }
}
