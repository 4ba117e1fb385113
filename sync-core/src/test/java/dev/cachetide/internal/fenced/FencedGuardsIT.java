package dev.cachetide.internal.fenced;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cachetide.RedisConfig;
import dev.cachetide.internal.redis.RedisLink;
import dev.cachetide.sandbox.SandboxRedis;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/**
 * The guarantee under real concurrency: threads that read, load with stalls, fill, change and evict
 * a few keys, and a counter a key in place of the database.
 */
final class FencedGuardsIT {

  private static final int THREADS = 8;
  private static final int KEYS = 4;
  private static final Duration RUN = Duration.ofSeconds(Boolean.getBoolean("full") ? 60 : 3);
  private static final Duration LIFE = Duration.ofSeconds(30);
  private static final int LONGEST_STALL_MICROS = 2_000;

  private final long seed = Seeds.first();
  private final AtomicIntegerArray database = new AtomicIntegerArray(KEYS);
  private final AtomicIntegerArray evicted = new AtomicIntegerArray(KEYS);
  private final Queue<String> violations = new ConcurrentLinkedQueue<>();
  private final LongAdder hits = new LongAdder();
  private final LongAdder fills = new LongAdder();
  private final LongAdder refusals = new LongAdder();
  private final LongAdder evictions = new LongAdder();

  @Test
  void no_read_is_older_than_an_eviction_that_was_acknowledged_before_it() throws Exception {
    run(false);
    System.out.printf(
        "%d hits, %d fills, %d refused, %d evictions, -Dseed=%d%n",
        hits.sum(), fills.sum(), refusals.sum(), evictions.sum(), seed);
    assertThat(violations).as("-Dseed=" + seed).isEmpty();
    assertThat(hits.sum()).isPositive();
    assertThat(refusals.sum()).as("fills that an eviction overtook").isPositive();
  }

  @Test
  void without_the_lease_such_reads_are_found() throws Exception {
    run(true);
    assertThat(violations).as("-Dseed=" + seed).isNotEmpty();
  }

  private void run(boolean careless) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try (SandboxRedis server = SandboxRedis.builder().start();
        RedisLink link = RedisLink.open(RedisConfig.of(server.uri()).withTimeout(LIFE), () -> {})) {
      await().until(link::connected);
      long until = System.nanoTime() + RUN.toNanos();
      List<CompletableFuture<Void>> running = new ArrayList<>();
      for (int thread = 0; thread < THREADS; thread++) {
        Random random = new Random(seed + thread);
        FencedStore store = new FencedStore(link, () -> Seeds.bytes(random, Layout.TOKEN_LENGTH));
        running.add(
            CompletableFuture.runAsync(
                () -> {
                  while (System.nanoTime() < until) {
                    act(store, random, careless);
                  }
                },
                threads));
      }
      for (CompletableFuture<Void> each : running) {
        each.get(RUN.toSeconds() + 60, TimeUnit.SECONDS);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private void act(FencedStore store, Random random, boolean careless) {
    int key = random.nextInt(KEYS);
    if (random.nextInt(6) == 0) {
      change(store, key);
    } else {
      read(store, random, key, careless);
    }
  }

  /** The eviction follows the change, as the gate sees to; it counts once it is acknowledged. */
  private void change(FencedStore store, int key) {
    int version = database.incrementAndGet(key);
    answer(store.evict(List.of(name(key))));
    evictions.increment();
    evicted.accumulateAndGet(key, version, Math::max);
  }

  private void read(FencedStore store, Random random, int key, boolean careless) {
    int oldest = evicted.get(key);
    byte[] token = store.newToken();
    byte[] found = answer(store.lease(name(key), token, LIFE));
    if (Entry.parse(found) instanceof Entry.Value value) {
      hits.increment();
      if (value.header().filledAt() < oldest) {
        violations.add("v" + value.header().filledAt() + " after v" + oldest);
      }
      if (random.nextInt(20) == 0) {
        boolean claimed = answer(store.claim(name(key), value.stamp(), token, LIFE));
        if (claimed) {
          load(store, random, key, token, careless);
        }
      }
    } else if (found == null) {
      load(store, random, key, token, careless);
    }
  }

  private void load(FencedStore store, Random random, int key, byte[] token, boolean careless) {
    int version = database.get(key);
    LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(random.nextInt(LONGEST_STALL_MICROS)));
    Content content = new Content(null, false, 1, 1, version, 0, Map.of());
    if (careless) {
      answer(store.put(name(key), content, LIFE));
    } else if (answer(store.fill(name(key), token, content, Origin.load(1), LIFE))) {
      fills.increment();
    } else {
      refusals.increment();
    }
  }

  private static String name(int key) {
    return "guard:" + key;
  }

  private static <T> T answer(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(30, TimeUnit.SECONDS).join();
  }
}
