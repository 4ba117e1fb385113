package dev.cachetide.benchmarks;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;

/**
 * Sees keys leave Redis, by keyspace notifications. The way from Redis to this process is part of
 * every figure, the floor's too.
 */
final class Evictions implements AutoCloseable {

  private final RedisClient client;
  private final StatefulRedisConnection<String, String> connection;
  private final StatefulRedisPubSubConnection<String, String> notifications;
  private volatile Watch watch = new Watch("", 0);

  Evictions(String uri) {
    client = RedisClient.create(uri);
    connection = client.connect();
    notifications = client.connectPubSub();
    notifications.addListener(
        new RedisPubSubAdapter<>() {
          @Override
          public void message(String channel, String key) {
            watch.gone(key, System.nanoTime());
          }
        });
    connection.sync().configSet("notify-keyspace-events", "Eg");
    notifications.sync().subscribe("__keyevent@0__:del");
  }

  /** Sets the keys {@code prefix0 … prefix(count - 1)} and watches them. */
  void set(String prefix, int count) {
    watch = new Watch(prefix, count);
    Map<String, String> values = new HashMap<>();
    for (int i = 0; i < count; i++) {
      values.put(prefix + i, "cached");
    }
    connection.sync().mset(values);
  }

  /**
   * Waits until each watched key has left, and returns when each did, as {@link System#nanoTime}.
   *
   * @throws TimeoutException when one is still there after a minute
   */
  AtomicLongArray awaitAll() throws TimeoutException {
    Watch watched = watch;
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
    while (watched.left.get() > 0) {
      if (System.nanoTime() > deadline) {
        throw new TimeoutException(watched.left.get() + " keys did not leave");
      }
      LockSupport.parkNanos(1_000_000);
    }
    return watched.goneAt;
  }

  @Override
  public void close() {
    notifications.close();
    connection.close();
    client.shutdown(0, 1, TimeUnit.SECONDS);
  }

  private static final class Watch {
    private final String prefix;
    private final AtomicLongArray goneAt;
    private final AtomicInteger left;

    Watch(String prefix, int count) {
      this.prefix = prefix;
      goneAt = new AtomicLongArray(count);
      left = new AtomicInteger(count);
    }

    void gone(String key, long at) {
      if (left.get() > 0
          && key.startsWith(prefix)
          && goneAt.compareAndSet(Integer.parseInt(key.substring(prefix.length())), 0, at)) {
        left.decrementAndGet();
      }
    }
  }
}
