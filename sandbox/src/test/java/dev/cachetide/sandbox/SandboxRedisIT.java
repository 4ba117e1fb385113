package dev.cachetide.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SandboxRedisIT {

  @Test
  void a_restart_keeps_the_port_and_finds_it_empty() {
    try (SandboxRedis redis = SandboxRedis.builder().start()) {
      String uri = redis.uri();
      Ask.redis(redis, commands -> commands.set("key", "value"));
      redis.restart();
      assertThat(redis.uri()).isEqualTo(uri);
      assertThat(Ask.redis(redis, commands -> commands.get("key"))).isEqualTo("null");
    }
  }

  @Test
  void a_persistent_one_keeps_its_data_over_a_stop_and_not_over_a_kill(@TempDir Path directory) {
    try (SandboxRedis redis = SandboxRedis.start(directory)) {
      Ask.redis(redis, commands -> commands.set("stopped", "kept"));
      redis.restart();
      Ask.redis(redis, commands -> commands.set("killed", "lost"));
      redis.killHard();
      redis.start();
      assertThat(Ask.redis(redis, commands -> commands.get("stopped"))).isEqualTo("kept");
      assertThat(Ask.redis(redis, commands -> commands.get("killed"))).isEqualTo("null");
    }
  }

  @Test
  void a_suspended_one_is_silent_until_it_is_resumed_and_can_be_stopped() {
    try (SandboxRedis redis = SandboxRedis.builder().start()) {
      redis.suspend();
      assertThat(RedisPing.answers(redis.port())).isFalse();
      redis.resume();
      assertThat(RedisPing.answers(redis.port())).isTrue();
      redis.suspend();
      redis.stop();
      assertThat(redis.running()).isFalse();
    }
  }
}
