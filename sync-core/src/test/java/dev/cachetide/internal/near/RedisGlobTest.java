package dev.cachetide.internal.near;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Timeout.ThreadMode.SEPARATE_THREAD;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What Redis answers; {@code RedisGlobIT} asks it. */
final class RedisGlobTest {

  @ParameterizedTest(name = "{0} on {1}: {2}")
  @CsvSource({
    "user:*, user:7, true",
    "user:*, user:, true",
    "user:*, users:7, false",
    "*, anything, true",
    "*:7, user:7, true",
    "*:7, user:77, false",
    "u*r:*7, user:17, true",
    "**a**, bab, true",
    "a?c, abc, true",
    "a?c, ac, false",
    "a??, aé, true",
    "a?, aé, false",
    "[a-c]x, bx, true",
    "[c-a]x, bx, true",
    "[^a-c]x, bx, false",
    "[^a-c]x, dx, true",
    "'[\\]]x', ']x', true",
    "'[\\-a]x', '-x', true",
    "[a-]x, ax, false",
    "[abc, b, true",
    "[, a, false",
    "[^, a, true",
    "'a\\*b', a*b, true",
    "'a\\*b', axb, false",
    "'a\\?', ab, false",
    "'a\\', 'a\\', true",
    "'a\\', a, false",
    "[], a, false",
    "abc, abc, true",
    "abc, abcd, false",
    "abcd, abc, false",
  })
  void matches_as_redis_does(String glob, String key, boolean expected) {
    assertThat(RedisGlob.of(glob).matches(key)).isEqualTo(expected);
  }

  @Test
  @Timeout(value = 10, threadMode = SEPARATE_THREAD)
  void many_stars_take_neither_exponential_time_nor_the_stack() {
    RedisGlob glob = RedisGlob.of("a*".repeat(5_000) + "b");
    assertThat(glob.matches("a".repeat(20_000))).isFalse();
    assertThat(glob.matches("a".repeat(20_000) + "b")).isTrue();
  }
}
