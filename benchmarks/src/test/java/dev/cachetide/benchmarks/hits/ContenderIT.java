package dev.cachetide.benchmarks.hits;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.sandbox.SandboxRedis;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is measured are hits, and on a real Redis. */
final class ContenderIT {

  private static SandboxRedis redis;

  @BeforeAll
  static void start() {
    redis = SandboxRedis.builder().start();
  }

  @AfterAll
  static void stop() {
    redis.close();
  }

  @ParameterizedTest
  @EnumSource
  void a_contender_returns_what_was_put_and_misses_what_was_not(Contender contender) {
    try (HitPath path = contender.open(redis.uri())) {
      path.put(Product.of(7));

      assertThat(path.get(7)).isEqualTo(Product.of(7));
      assertThat(path.get(7)).isEqualTo(Product.of(7));
      assertThat(path.get(8)).isNull();
    }
  }
}
