package dev.cachetide.system;

import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import org.awaitility.Awaitility;

/**
 * How long keys take to leave: sets one, makes something happen that it has to leave for, and looks
 * every millisecond whether it is there. Rows are new each time, so every key leaves once.
 */
final class EvictionProbe implements AutoCloseable {

  private static final long EVERY_NANOS = 20_000_000;
  private static final long LOOK_EVERY_NANOS = 500_000;

  /** Of those that wait the oldest, which leave first: to look at all keeps Redis from its work. */
  private static final int MOST_LOOKED_AT = 100;

  private final String prefix;
  private final IntConsumer change;
  private final RedisClient client;
  private final StatefulRedisConnection<String, String> setting;
  private final StatefulRedisConnection<String, String> looking;
  private final Map<String, Waiting> waiting = new LinkedHashMap<>();
  private final Thread changer;
  private final Thread looker;
  private volatile Delays delays = new Delays();
  private volatile boolean stopped;

  /**
   * @param change makes the change of one row; returns when it is there to be seen
   */
  EvictionProbe(String redis, String prefix, IntConsumer change) {
    this.prefix = prefix;
    this.change = change;
    client = RedisClient.create(redis);
    setting = client.connect();
    looking = client.connect();
    changer = new Thread(this::changing, "probe-change-" + prefix);
    looker = new Thread(this::looking, "probe-look-" + prefix);
    changer.start();
    looker.start();
  }

  /** What changes from now on counts there. */
  Delays phase() {
    Delays next = new Delays();
    delays = next;
    return next;
  }

  /** Returns when every key that was changed so far has left. */
  void awaitAll(Duration atMost) {
    Awaitility.await("probed keys " + prefix + " to leave").atMost(atMost).until(() -> left() == 0);
  }

  private int left() {
    synchronized (waiting) {
      return waiting.size();
    }
  }

  private void changing() {
    long due = System.nanoTime();
    for (int id = 1; !stopped; id++) {
      String key = prefix + id;
      setting.sync().set(key, "cached");
      Delays of = delays;
      change.accept(id);
      long at = System.nanoTime();
      synchronized (waiting) {
        waiting.put(key, new Waiting(at, of));
      }
      due += EVERY_NANOS;
      LockSupport.parkNanos(Math.max(0, due - System.nanoTime()));
    }
  }

  private void looking() {
    while (!stopped) {
      String[] keys;
      synchronized (waiting) {
        keys = waiting.keySet().stream().limit(MOST_LOOKED_AT).toArray(String[]::new);
      }
      if (keys.length > 0) {
        List<KeyValue<String, String>> found = looking.sync().mget(keys);
        long now = System.nanoTime();
        synchronized (waiting) {
          found.stream().filter(each -> !each.hasValue()).forEach(each -> left(each.getKey(), now));
        }
      }
      LockSupport.parkNanos(LOOK_EVERY_NANOS);
    }
  }

  private void left(String key, long now) {
    Waiting one = waiting.remove(key);
    if (one != null) {
      one.of().add(now - one.sinceNanos());
    }
  }

  @Override
  public void close() {
    stopped = true;
    try {
      changer.join();
      looker.join();
    } catch (InterruptedException e) {
      // Whoever interrupts a test wants it to end; both threads see the flag.
      Thread.currentThread().interrupt();
    }
    client.close();
  }

  private record Waiting(long sinceNanos, Delays of) {}
}
