package dev.cachetide.invalidation;

import static io.lettuce.core.ScriptOutputType.INTEGER;

import dev.cachetide.internal.fenced.Spared;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Evictions that leave some dirty entries where they are: a script for each key, so that a cluster
 * takes them, all of them sent together. It costs Redis more than UNLINK, which takes many keys at
 * once, and is for those keys alone at which there may be something to spare.
 */
final class RedisSparingEviction {

  private static final int SCRIPTS_A_TIME = 5_000;

  private final RedisClusterAsyncCommands<String, String> redis;
  private final Duration timeout;

  RedisSparingEviction(RedisClusterAsyncCommands<String, String> redis, Duration timeout) {
    this.redis = redis;
    this.timeout = timeout;
  }

  /** In portions, so that no number of keys fills the queue of commands. */
  long evict(Map<String, Spared> sparing)
      throws ExecutionException, TimeoutException, InterruptedException {
    long removed = 0;
    Map<String, Spared> portion = new LinkedHashMap<>();
    for (Map.Entry<String, Spared> each : sparing.entrySet()) {
      portion.put(each.getKey(), each.getValue());
      if (portion.size() == SCRIPTS_A_TIME) {
        removed += evictTogether(portion);
        portion.clear();
      }
    }
    return removed + evictTogether(portion);
  }

  /** A server that was just started does not know the script; EVAL teaches it. */
  private long evictTogether(Map<String, Spared> sparing)
      throws ExecutionException, TimeoutException, InterruptedException {
    Map<String, RedisFuture<Long>> replies = new LinkedHashMap<>();
    sparing.forEach(
        (key, spared) ->
            replies.put(
                key, redis.evalsha(Spared.SCRIPT.sha1(), INTEGER, keys(key), arguments(spared))));
    List<RedisFuture<Long>> again = new ArrayList<>();
    long removed = 0;
    for (Map.Entry<String, RedisFuture<Long>> each : replies.entrySet()) {
      try {
        removed += await(each.getValue());
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof RedisNoScriptException)) {
          throw e;
        }
        String key = each.getKey();
        String[] arguments = arguments(Objects.requireNonNull(sparing.get(key)));
        again.add(redis.eval(Spared.SCRIPT.text(), INTEGER, keys(key), arguments));
      }
    }
    for (RedisFuture<Long> reply : again) {
      removed += await(reply);
    }
    return removed;
  }

  private static String[] keys(String key) {
    return new String[] {key};
  }

  private static String[] arguments(Spared spared) {
    return spared.arguments().toArray(String[]::new);
  }

  private long await(RedisFuture<Long> reply)
      throws ExecutionException, TimeoutException, InterruptedException {
    return reply.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
  }
}
