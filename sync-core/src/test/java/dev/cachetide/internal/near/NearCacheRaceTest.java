package dev.cachetide.internal.near;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.internal.near.NearCache.Held;
import dev.cachetide.wire.Invalidation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.junit.jupiter.api.Test;

/** Few keys, many threads: nothing older than an invalidation that has returned is ever served. */
final class NearCacheRaceTest {

  private static final int KEYS = 3;
  private static final int ROUNDS = 80_000;

  private final NearCache<Long> near =
      new NearCache<>(
          new NearConfig(100, Duration.ofHours(1)),
          () -> true,
          NearMeters.none(),
          System::nanoTime,
          System::currentTimeMillis);

  /** What stands in Redis. */
  private final AtomicLongArray truth = new AtomicLongArray(KEYS);

  /** Up to which version invalidations have returned. */
  private final AtomicLongArray acknowledged = new AtomicLongArray(KEYS);

  private final AtomicLong hits = new AtomicLong();

  @Test
  void a_read_that_is_slower_than_an_invalidation_leaves_nothing_stale() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    ExecutorService threads = Executors.newFixedThreadPool(6);
    try {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        Random random = new Random(seed + i);
        running.add(threads.submit(i < 2 ? () -> write(random) : () -> read(random)));
      }
      for (Future<?> each : running) {
        each.get(60, TimeUnit.SECONDS);
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(hits).hasPositiveValue();
    for (int key = 0; key < KEYS; key++) {
      Held<Long> left = near.get("k" + key);
      assertThat(left == null ? truth.get(key) : left.value()).isEqualTo(truth.get(key));
    }
  }

  private void write(Random random) {
    for (int round = 0; round < ROUNDS; round++) {
      int key = random.nextInt(KEYS);
      long version = truth.incrementAndGet(key);
      near.invalidate(oneOf(random, key));
      acknowledged.accumulateAndGet(key, version, Math::max);
      spin(random, 300);
    }
  }

  private static Invalidation oneOf(Random random, int key) {
    return switch (random.nextInt(8)) {
      case 0 -> new Invalidation.Tag("t" + key);
      case 1 -> new Invalidation.Pattern("?" + key);
      case 2 -> new Invalidation.All();
      default -> new Invalidation.Key("k" + key);
    };
  }

  private void read(Random random) {
    for (int round = 0; round < ROUNDS; round++) {
      int key = random.nextInt(KEYS);
      long atLeast = acknowledged.get(key);
      Held<Long> held = near.get("k" + key);
      if (held == null) {
        Ticket ticket = near.ticket("k" + key);
        long version = truth.get(key);
        spin(random, 100);
        near.put("k" + key, ticket, held(key, version));
      } else {
        hits.incrementAndGet();
        assertThat(held.value()).isGreaterThanOrEqualTo(atLeast);
      }
    }
  }

  private static Held<Long> held(int key, long version) {
    return new Held<>(version, Map.of("t" + key, "s"), 0, Long.MAX_VALUE, 0, new byte[0]);
  }

  private static void spin(Random random, int most) {
    int turns = random.nextInt(most);
    for (int i = 0; i < turns; i++) {
      Thread.onSpinWait();
    }
  }
}
