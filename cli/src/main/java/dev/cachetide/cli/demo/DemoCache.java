package dev.cachetide.cli.demo;

import dev.cachetide.cli.demo.Scene.CheckFailed;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.StatefulRedisConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;

/** Redis as the demo's application sees it: plain keys, set by hand. */
final class DemoCache implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int CHUNK = 1_000;

  /** How fine the measurement is; asking without a pause would take a core from the pipeline. */
  private static final long LOOK_EVERY_NANOS = 200_000;

  private static final long REST_NANOS = 50_000_000;

  private final RedisClient client;
  private final StatefulRedisConnection<String, String> connection;
  private long gone;

  DemoCache(String uri) {
    client = RedisClient.create(uri);
    connection = client.connect();
  }

  void set(Collection<String> keys) throws Exception {
    List<RedisFuture<String>> replies = new ArrayList<>();
    for (String key : keys) {
      replies.add(connection.async().set(key, "cached"));
    }
    for (RedisFuture<String> reply : replies) {
      await(reply);
    }
  }

  /**
   * Waits until every key has left.
   *
   * @param sinceNanos the {@link System#nanoTime} that the returned duration counts from
   * @throws CheckFailed when one is still there after 20 s
   */
  Duration awaitGone(Collection<String> keys, long sinceNanos) throws Exception {
    List<String> waiting = List.copyOf(keys);
    for (int from = 0; from < waiting.size(); from += CHUNK) {
      String[] chunk =
          waiting.subList(from, Math.min(waiting.size(), from + CHUNK)).toArray(String[]::new);
      while (await(connection.async().exists(chunk)) > 0) {
        if (System.nanoTime() - sinceNanos > PATIENCE.toNanos()) {
          throw new CheckFailed(
              await(connection.async().exists(chunk)) + " keys did not leave Redis in " + PATIENCE);
        }
        LockSupport.parkNanos(LOOK_EVERY_NANOS);
      }
    }
    gone += waiting.size();
    return Duration.ofNanos(System.nanoTime() - sinceNanos);
  }

  /**
   * Checks that keys that nothing happened to are still there.
   *
   * @throws CheckFailed when one is not
   */
  void requirePresent(Collection<String> keys) throws Exception {
    long present = await(connection.async().exists(keys.toArray(String[]::new)));
    if (present != keys.size()) {
      throw new CheckFailed((keys.size() - present) + " keys left that should have stayed");
    }
  }

  /** Whether a key is there now, after a pause that leaves the machine to the pipeline. */
  boolean has(String key) throws Exception {
    LockSupport.parkNanos(REST_NANOS);
    return await(connection.async().exists(key)) > 0;
  }

  /** How many keys {@link #awaitGone} has seen leave. */
  long gone() {
    return gone;
  }

  private static <T> T await(RedisFuture<T> reply)
      throws InterruptedException, ExecutionException, TimeoutException {
    return reply.get(10, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    connection.close();
    client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
  }
}
