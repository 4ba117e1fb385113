package dev.cachetide.system.oracle;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Redis as an application fills it. */
final class Keys implements AutoCloseable {

  private static final int CHUNK = 2_000;

  private final RedisClient client;
  private final StatefulRedisConnection<String, String> connection;

  Keys(String uri) {
    client = RedisClient.create(uri);
    connection = client.connect();
  }

  void fill(Collection<String> keys) {
    for (List<String> chunk : chunks(keys)) {
      Map<String, String> values = new HashMap<>();
      chunk.forEach(key -> values.put(key, "cached"));
      connection.sync().mset(values);
    }
  }

  /** Makes a key a member of a tag, as applications with plain keys do. */
  void tag(String tag, String member) {
    connection.sync().sadd("tag:" + tag, member);
  }

  Set<String> left(Collection<String> keys) {
    Set<String> left = new HashSet<>();
    for (List<String> chunk : chunks(keys)) {
      connection.sync().mget(chunk.toArray(String[]::new)).stream()
          .filter(each -> each.hasValue())
          .forEach(each -> left.add(each.getKey()));
    }
    return left;
  }

  void remove(Collection<String> keys) {
    chunks(keys).forEach(chunk -> connection.sync().unlink(chunk.toArray(String[]::new)));
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
