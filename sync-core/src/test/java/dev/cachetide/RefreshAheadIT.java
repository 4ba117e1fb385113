package dev.cachetide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

final class RefreshAheadIT {

  private static final RedisWorld WORLD = RedisWorld.start();

  @AfterAll
  static void stop() {
    WORLD.close();
  }

  private static Cache<Long, String> soft(String name) {
    return WORLD
        .client
        .<Long, String>cache(name, Codec.text())
        .ttl(Duration.ofMinutes(1))
        .softTtl(Duration.ofMillis(200))
        .build();
  }

  @Test
  void a_value_beyond_its_soft_ttl_is_served_and_renewed_once_in_the_background() {
    Cache<Long, String> cache = soft("once");
    AtomicInteger loads = new AtomicInteger();
    CountDownLatch slow = new CountDownLatch(1);
    Loader<Long, String> loader =
        key -> {
          int load = loads.incrementAndGet();
          if (load == 2) {
            slow.await();
          }
          return "v" + load;
        };
    assertThat(cache.getOrLoad(1L, loader)).contains("v1");
    await().until(() -> cache.getOrLoad(1L, loader).isPresent() && loads.get() == 2);
    for (int i = 0; i < 100; i++) {
      assertThat(cache.getOrLoad(1L, loader)).as("served meanwhile").contains("v1");
    }
    assertThat(loads).hasValue(2);
    slow.countDown();
    await().until(() -> cache.get(1L).filter("v2"::equals).isPresent());
    await().until(() -> cache.stats().refreshes() >= 1);
  }

  @Test
  void an_eviction_during_a_renewal_keeps_its_value_out() {
    Cache<Long, String> cache = soft("evicted");
    AtomicInteger loads = new AtomicInteger();
    Loader<Long, String> loader =
        key -> {
          if (loads.incrementAndGet() == 2) {
            cache.evict(key);
          }
          return "v" + loads.get();
        };
    cache.getOrLoad(1L, loader);
    await().until(() -> cache.getOrLoad(1L, loader).isPresent() && loads.get() >= 2);
    await().until(() -> cache.stats().rejectedFills() == 1);
    assertThat(cache.get(1L)).isNotEqualTo(java.util.Optional.of("v2"));
  }

  @Test
  void a_renewal_that_fails_leaves_the_value_until_its_ttl() {
    Cache<Long, String> cache = soft("failing");
    AtomicInteger loads = new AtomicInteger();
    Loader<Long, String> loader =
        key -> {
          if (loads.incrementAndGet() > 1) {
            throw new IllegalStateException("the database is away");
          }
          return "v";
        };
    cache.getOrLoad(1L, loader);
    await().until(() -> cache.getOrLoad(1L, loader).isPresent() && loads.get() > 1);
    assertThat(cache.getOrLoad(1L, loader)).contains("v");
    assertThat(cache.stats().refreshes()).isZero();
  }
}
