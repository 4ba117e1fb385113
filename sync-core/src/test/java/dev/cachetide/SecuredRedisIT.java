package dev.cachetide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cachetide.sandbox.SandboxRedis;
import dev.cachetide.wire.Invalidation;
import dev.cachetide.wire.PipelineNames;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A Redis that wants to know who asks, and one that is spoken to in TLS. */
final class SecuredRedisIT {

  private static final PipelineNames PIPELINE = new PipelineNames("secured");
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final String PASSWORD = "open:Sesame/4%";

  private static SandboxRedis redis;
  private static RedisConfig tls;

  @BeforeAll
  static void start() {
    redis =
        SandboxRedis.builder()
            .password("only-of-the-default-user")
            .user(
                "shop",
                PASSWORD,
                "~*",
                "&cachetide:*",
                "-@all",
                "+@connection",
                "+@read",
                "+@write",
                "+@scripting",
                "+@pubsub",
                "+info")
            .tls()
            .start();
    String address = redis.tlsUri().replaceFirst(".*@", "");
    String login = redis.uri("shop").replaceFirst("redis://(.*@).*", "$1");
    tls = RedisConfig.of("rediss://" + login + address);
  }

  @AfterAll
  static void stop() {
    redis.close();
  }

  @Test
  void a_user_with_few_rights_does_everything_over_tls() throws Exception {
    RedisConfig config = tls.withTrustedCertificates(redis.certificate());
    try (CertifyingWorker worker = new CertifyingWorker(config, PIPELINE);
        Cachetide client =
            Cachetide.builder().redis(config).pipeline(PIPELINE.pipeline()).build()) {
      await().atMost(LIMIT).until(() -> client.trusted() && worker.evict(List.of("tls:1")));
      Cache<Integer, String> cache =
          client
              .<Integer, String>cache("tls", Codec.text())
              .keyTags(key -> Set.of("t"))
              .near(10, LIMIT)
              .build();
      assertThat(cache.getOrLoad(1, key -> "v")).contains("v");
      assertThat(cache.get(1)).contains("v");
      assertThat(cache.writeThrough(1, () -> "w")).isEqualTo("w");
      client.invalidations().evict(new Invalidation.Pattern("tls:*")).get();
      assertThat(cache.get(1)).isEmpty();
      assertThat(cache.stats().errors()).isZero();
    }
  }

  @Test
  void an_authority_that_is_not_trusted_is_said_once() {
    whoeverAsksIsToldOnce(tls, "CertPath");
  }

  @Test
  void a_wrong_password_is_said_once_and_is_not_in_any_line() {
    String address = redis.uri("shop").replaceFirst(".*@", "");
    whoeverAsksIsToldOnce(
        RedisConfig.of("redis://shop:not-Sesame@" + address), "reason=\"WRONGPASS\"");
  }

  private static void whoeverAsksIsToldOnce(RedisConfig config, String word) {
    try (LogLines all = LogLines.of("ROOT");
        Cachetide client =
            Cachetide.builder().redis(config).pipeline(PIPELINE.pipeline()).build()) {
      Cache<Integer, String> cache = client.<Integer, String>cache("no", Codec.text()).build();
      long until = System.nanoTime() + Duration.ofSeconds(2).toNanos();
      await()
          .atMost(LIMIT)
          .until(
              () -> {
                assertThat(cache.getOrLoad(1, key -> "loaded")).contains("loaded");
                return System.nanoTime() - until > 0 && saying(all, word) > 0;
              });
      assertThat(client.trusted()).isFalse();
      assertThat(saying(all, word)).isEqualTo(1);
      assertThat(all.texts())
          .filteredOn(line -> line.startsWith("WARN") || line.startsWith("ERROR"))
          .allMatch(line -> line.contains("no connection to Redis"));
      assertThat(all.texts()).noneMatch(line -> line.contains("Sesame"));
    }
  }

  private static long saying(LogLines all, String word) {
    return all.texts().stream().filter(line -> line.contains(word)).count();
  }
}
