package dev.cachetide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.sandbox.ChildJvm;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.File;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

final class StatsIT {

  private static final RedisWorld WORLD = RedisWorld.start();

  @AfterAll
  static void stop() {
    WORLD.close();
  }

  private static Cache<Long, String> used(String name) {
    Cache<Long, String> cache = WORLD.texts(name);
    cache.getOrLoad(
        1L,
        key -> {
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
          return "v";
        });
    cache.get(1L);
    cache.get(1L);
    cache.get(1L);
    cache.put(2L, "v");
    cache.evict(1L);
    return cache;
  }

  @Test
  void what_a_cache_did_can_be_read_and_set_back() {
    Cache<Long, String> cache = used("snapshot");
    CacheStats stats = cache.stats();
    assertThat(stats.hits()).isEqualTo(3);
    assertThat(stats.misses()).isEqualTo(1);
    assertThat(stats.hitRatio()).isEqualTo(0.75);
    assertThat(stats.sets()).isEqualTo(2);
    assertThat(stats.deletes()).isEqualTo(1);
    assertThat(stats.errors()).isZero();
    assertThat(stats.loads()).isEqualTo(1);
    assertThat(stats.loadTime()).isGreaterThanOrEqualTo(Duration.ofMillis(2));
    cache.resetStats();
    assertThat(cache.stats().hits()).isZero();
    assertThat(cache.stats().loadTime()).isZero();
    assertThat(cache.stats().hitRatio()).isEqualTo(1);
  }

  @Test
  void micrometer_sees_the_same_under_the_caches_name() {
    Cache<Long, String> cache = used("metered");
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    new CacheMeters(cache).bindTo(registry);
    new CacheMeters(WORLD.texts("idle")).bindTo(registry);
    assertThat(
            registry.get("cachetide.cache.hits").tag("cache", "metered").functionCounter().count())
        .isEqualTo(3);
    assertThat(registry.get("cachetide.cache.hit.ratio").tag("cache", "metered").gauge().value())
        .isEqualTo(0.75);
    var loads = registry.get("cachetide.cache.loads").tag("cache", "metered").functionTimer();
    assertThat(loads.count()).isEqualTo(1);
    assertThat(loads.totalTime(TimeUnit.MILLISECONDS)).isGreaterThanOrEqualTo(2);
    // loads and their time are one meter, and the hit ratio is one more
    int meters = CacheStats.class.getRecordComponents().length;
    assertThat(registry.getMeters()).as("every number has its meter").hasSize(2 * meters);
    assertThat(registry.getMeters().stream().map(Meter::getId))
        .allMatch(id -> id.getTags().size() == 1 && id.getDescription() != null);
  }

  @Test
  void a_cache_works_without_micrometer_resilience4j_and_opentelemetry() {
    String without =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> !entry.matches(".*(micrometer|resilience4j|opentelemetry).*"))
            .collect(Collectors.joining(File.pathSeparator));
    try (ChildJvm child =
        ChildJvm.of(ManyReaders.Plain.class)
            .classPath(without)
            .arguments(WORLD.redis.uri())
            .start()) {
      assertThat(child.exitCode(Duration.ofSeconds(60))).as(child.output()).isZero();
      assertThat(child.output()).contains("read v");
    }
  }
}
