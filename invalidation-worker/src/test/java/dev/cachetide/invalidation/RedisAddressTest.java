package dev.cachetide.invalidation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.RedisURI;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RedisAddressTest {

  @ParameterizedTest
  @CsvSource({
    "redis://redis_cache:6380, redis_cache, 6380, redis_cache:6380/0",
    "redis://redis_cache, redis_cache, 6379, redis_cache:6379/0",
    "redis://u:secret@redis_cache:1, redis_cache, 1, redis_cache:1/0",
    "redis://cache, cache, 6379, cache:6379/0",
    "redis://:secret@cache:6380/3, cache, 6380, cache:6380/3",
    "rediss://u:secret@cache/2, cache, 6379, cache:6379/2",
    "redis://10.0.0.1:6379, 10.0.0.1, 6379, 10.0.0.1:6379/0",
    "redis://[::1]:6380, [::1], 6380, [::1]:6380/0",
  })
  void host_port_and_database_are_read(String url, String host, int port, String node) {
    RedisURI uri = RedisAddress.of(url);

    assertThat(uri.getHost()).isEqualTo(host);
    assertThat(uri.getPort()).isEqualTo(port);
    assertThat(RedisAddress.node(url)).isEqualTo(node);
  }

  @Test
  void sentinels_are_read_and_shown_without_their_password() {
    String url = "redis-sentinel://:secret@b:26380,a:26379/2#shop";

    assertThat(RedisAddress.of(url).getSentinels()).hasSize(2);
    assertThat(RedisAddress.node(url)).isEqualTo("a:26379,b:26380/2#shop");
  }

  @Test
  void the_password_stays_with_a_host_that_has_an_underscore() {
    RedisURI uri = RedisAddress.of("redis://u:p%40ss@redis_cache:1");

    assertThat(uri.getCredentialsProvider().resolveCredentials().block().getPassword())
        .isEqualTo("p@ss".toCharArray());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "redis://u:se^cret@cache",
        "redis://:se%zzcret@cache",
        "redis://u:secret@cache:99999",
        "redis://u:secret@cache/secret",
        "redis://u:secret@:1",
        "u:secret",
      })
  void an_address_that_is_refused_is_not_quoted(String url) {
    assertThatThrownBy(() -> RedisAddress.of(url))
        .isInstanceOf(IllegalArgumentException.class)
        .satisfies(
            refusal -> {
              StringWriter printed = new StringWriter();
              refusal.printStackTrace(new PrintWriter(printed));
              assertThat(printed.toString()).doesNotContain("cret");
            });
  }
}
