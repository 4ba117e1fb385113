package dev.cachetide;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;

/** Half a thousand readers of one key, in a process of their own or not, that start on a word. */
final class ManyReaders {

  static final int READERS = 500;
  private static final long LOAD_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private ManyReaders() {}

  public static void main(String[] arguments) {
    System.out.println("served " + read(arguments[0]));
  }

  /** How many got the value. */
  static int read(String uri) {
    RedisClient connection = RedisClient.create(uri);
    try (Cachetide client =
        Cachetide.builder().redis(uri).redisTimeout(Duration.ofSeconds(5)).build()) {
      RedisCommands<String, String> redis = connection.connect().sync();
      Cache<Long, String> cache =
          client
              .<Long, String>cache("herd", Codec.text())
              .leases(
                  new CacheConfig.Leases(
                      Duration.ofSeconds(20),
                      Duration.ofSeconds(20),
                      Duration.ofSeconds(30),
                      64,
                      1_000))
              .loader(
                  key -> {
                    redis.incr("loads");
                    LockSupport.parkNanos(LOAD_NANOS);
                    return "loaded";
                  })
              .build();
      Awaitility.await().until(client::trusted);
      return read(cache, redis);
    } finally {
      connection.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }
  }

  private static int read(Cache<Long, String> cache, RedisCommands<String, String> redis) {
    CountDownLatch go = new CountDownLatch(1);
    CountDownLatch done = new CountDownLatch(READERS);
    AtomicInteger served = new AtomicInteger();
    for (int i = 0; i < READERS; i++) {
      new Thread(
              () -> {
                try {
                  go.await();
                  Optional<String> value = cache.load(1L);
                  served.addAndGet(value.filter("loaded"::equals).isPresent() ? 1 : 0);
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                } finally {
                  done.countDown();
                }
              })
          .start();
    }
    redis.incr("ready");
    Awaitility.await()
        .pollInterval(Duration.ofMillis(2))
        .atMost(Duration.ofSeconds(60))
        .until(() -> redis.exists("go") == 1);
    go.countDown();
    try {
      if (!done.await(60, TimeUnit.SECONDS)) {
        throw new IllegalStateException("readers are missing: " + done.getCount());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return served.get();
  }

  /** One read, to be run without the optional libraries. */
  static final class Plain {

    private Plain() {}

    public static void main(String[] arguments) {
      try (Cachetide client = Cachetide.builder().redis(arguments[0]).build()) {
        Awaitility.await().until(client::trusted);
        Cache<Long, String> cache = client.<Long, String>cache("child", Codec.text()).build();
        cache.put(1L, "v");
        System.out.println("read " + cache.get(1L).orElse("nothing"));
      }
    }
  }
}
