package dev.cachetide.invalidation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cachetide.runtime.settings.RedisSettings;
import dev.cachetide.sandbox.SandboxRedis;
import dev.cachetide.wire.ChannelMessage.Beat;
import dev.cachetide.wire.InvalidationCodec;
import dev.cachetide.wire.PipelineNames;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an onlooker makes of the beats on a real Redis. */
@SuppressWarnings("NullAway.Init")
final class RedisOnlookerIT {

  private static final PipelineNames NAMES = new PipelineNames("shop");
  private static final Duration TIMEOUT = Duration.ofSeconds(2);
  private static SandboxRedis server;
  private static RedisTarget worker;

  @BeforeAll
  static void start(@TempDir Path directory) {
    server =
        SandboxRedis.builder()
            .directory(directory)
            .user("deaf", "s3cret", "~*", "&*", "+@all", "-subscribe")
            .start();
    worker = new RedisTarget(new RedisSettings(server.uri(), TIMEOUT), NAMES.invalidationChannel());
  }

  @AfterAll
  static void stop() {
    worker.close();
    server.close();
  }

  @Test
  void it_believes_what_a_client_would_and_says_what_it_heard() throws Exception {
    worker.put(NAMES.canaryKey(), "1767261600000000");
    Set<String> runIds = worker.runIds();
    try (RedisOnlooker onlooker = onlooker(server.uri())) {
      RedisSigns silence = onlooker.look();
      assertThat(silence.believed()).isFalse();
      assertThat(silence.beat()).isNull();
      assertThat(silence.runIds()).isEqualTo(runIds).hasSize(1);
      assertThat(silence.canary()).isEqualTo(Instant.parse("2026-01-01T10:00:00Z"));

      RedisSigns doubted = whileBeating(Set.of("another"), onlooker);
      assertThat(doubted.believed()).isFalse();
      assertThat(Objects.requireNonNull(doubted.beat()).certified()).containsExactly("another");
    }
    try (RedisOnlooker onlooker = onlooker(server.uri())) {
      RedisSigns trusted = whileBeating(runIds, onlooker);
      assertThat(trusted.believed()).isTrue();
      assertThat(Objects.requireNonNull(trusted.beat()).generation()).isEqualTo(7);
    }
  }

  @Test
  void who_may_not_listen_or_comes_with_a_wrong_password_is_told_so() {
    try (RedisOnlooker deaf = onlooker(server.uri("deaf"));
        RedisOnlooker wrong = onlooker(server.uri("deaf").replace("s3cret", "other"))) {
      assertThatThrownBy(deaf::look)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("NOPERM")
          .hasMessageContaining("subscribe");
      assertThatThrownBy(wrong::look)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("WRONGPASS")
          .hasMessageNotContaining("other");
    }
  }

  private static RedisSigns whileBeating(Set<String> certified, RedisOnlooker onlooker)
      throws Exception {
    ScheduledExecutorService beats = Executors.newSingleThreadScheduledExecutor();
    try {
      var unused = beats.scheduleAtFixedRate(() -> beat(certified), 0, 200, TimeUnit.MILLISECONDS);
      return onlooker.look();
    } finally {
      beats.shutdown();
      assertThat(beats.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  private static void beat(Set<String> certified) {
    try {
      worker.publish(InvalidationCodec.encode(new Beat(7, certified, Map.of("t/0", 1L), 1, 0)));
    } catch (Exception e) {
      throw new IllegalStateException("the beats have ended", e);
    }
  }

  private static RedisOnlooker onlooker(String url) {
    return new RedisOnlooker(new RedisSettings(url, TIMEOUT), NAMES);
  }
}
