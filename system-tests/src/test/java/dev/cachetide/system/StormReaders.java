package dev.cachetide.system;

import dev.cachetide.Cache;
import dev.cachetide.Cachetide;
import dev.cachetide.Codec;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;

/** Applications that read some of the rows through the client all the time. */
final class StormReaders implements AutoCloseable {

  private static final long PAUSE_NANOS = 1_000_000;

  private final StormWorld world;
  private final List<Integer> ids;
  private final Cachetide client;
  private final Cache<Integer, String> cache;
  private final AtomicLong reads = new AtomicLong();
  private final Thread reader = new Thread(this::reading, "storm-reader");
  private volatile boolean stopped;

  StormReaders(StormWorld world, String pipeline, List<Integer> ids) {
    this.world = world;
    this.ids = ids;
    client = Cachetide.builder().redis(world.redis()).pipeline(pipeline).build();
    cache = client.<Integer, String>cache("bulk", Codec.text()).build();
    Awaitility.await("the client to hear the worker")
        .atMost(Duration.ofSeconds(30))
        .until(client::trusted);
    reader.start();
  }

  private void reading() {
    Random random = new Random(1);
    while (!stopped) {
      int id = ids.get(random.nextInt(ids.size()));
      cache.getOrLoad(id, key -> Integer.toString(world.load(key)));
      reads.incrementAndGet();
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  long reads() {
    return reads.get();
  }

  /** Those of the rows that are cached with another value than the database holds. */
  List<Integer> stale() {
    return ids.stream()
        .filter(
            id ->
                cache
                    .get(id)
                    .filter(value -> !value.equals(Integer.toString(world.load(id))))
                    .isPresent())
        .toList();
  }

  @Override
  public void close() {
    stopped = true;
    try {
      reader.join();
    } catch (InterruptedException e) {
      // Whoever interrupts a test wants it to end; the thread sees the flag.
      Thread.currentThread().interrupt();
    }
    client.close();
  }
}
