package dev.cachetide.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.SslOptions;
import java.nio.file.Path;
import java.security.cert.CertPathBuilderException;
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

  @Test
  void options_reach_the_server_and_address_and_port_stay_the_sandboxs() throws Exception {
    try (SandboxRedis redis =
        SandboxRedis.builder()
            .option("maxmemory", "5mb")
            .option("maxmemory-policy", "allkeys-lru")
            .option("bind", "0.0.0.0")
            .start()) {
      Loopback.assertOnlyThere(redis);
      assertThat(redis.ask("CONFIG", "GET", "maxmemory*"))
          .contains("maxmemory", "5242880", "maxmemory-policy", "allkeys-lru");
      assertThatThrownBy(() -> SandboxRedis.builder().option("requirepass", "x"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("password()");
    }
  }

  @Test
  void a_password_is_asked_for_and_is_in_the_uri() {
    try (SandboxRedis redis = SandboxRedis.builder().password("a b\"/@ü").start()) {
      assertThat(Ask.redis(redis, commands -> commands.set("key", "value"))).isEqualTo("OK");
      assertThat(RedisPing.answers(redis.port())).isFalse();
    }
  }

  @Test
  void a_user_may_do_what_its_rules_say_and_the_default_one_may_be_turned_off() throws Exception {
    try (SandboxRedis redis =
        SandboxRedis.builder()
            .user("reader", "secret", "~shown:*", "+get", "+hello", "+client")
            .user("default", "", "off")
            .start()) {
      try (RedisClient client = RedisClient.create(redis.uri("reader"));
          var connection = client.connect()) {
        assertThat(connection.sync().get("shown:key")).isNull();
        assertThatThrownBy(() -> connection.sync().get("hidden:key"))
            .isInstanceOf(RedisCommandExecutionException.class)
            .hasMessageContaining("NOPERM");
        assertThatThrownBy(() -> connection.sync().set("shown:key", "value"))
            .hasMessageContaining("NOPERM");
      }
      assertThat(RedisPing.answers(redis.port())).isFalse();
      redis.restart();
      assertThat(redis.ask("DBSIZE")).containsExactly("0");
    }
  }

  @Test
  void tls_is_served_with_a_certificate_that_a_client_can_check() {
    try (SandboxRedis redis = SandboxRedis.builder().tls().start();
        RedisClient client = RedisClient.create(redis.tlsUri())) {
      assertThatThrownBy(client::connect).hasRootCauseInstanceOf(CertPathBuilderException.class);
      SslOptions trusting = SslOptions.builder().trustManager(redis.certificate().toFile()).build();
      client.setOptions(ClientOptions.builder().sslOptions(trusting).build());
      try (var connection = client.connect()) {
        assertThat(connection.sync().ping()).isEqualTo("PONG");
      }
    }
  }

  @Test
  void an_old_dump_brings_old_data_back_once_to_a_server_that_keeps_nothing() {
    try (SandboxRedis redis = SandboxRedis.builder().start()) {
      Ask.redis(redis, commands -> commands.set("key", "old"));
      Path dump = redis.saveDump();
      Ask.redis(redis, commands -> commands.set("key", "new"));
      assertThatThrownBy(() -> redis.restoreDump(dump)).isInstanceOf(SandboxException.class);
      redis.killHard();
      redis.restoreDump(dump);
      redis.start();
      assertThat(Ask.redis(redis, commands -> commands.get("key"))).isEqualTo("old");
      redis.restart();
      assertThat(Ask.redis(redis, commands -> commands.get("key"))).isEqualTo("null");
    }
  }

  @Test
  void a_persistent_one_goes_on_from_an_old_dump(@TempDir Path directory) {
    try (SandboxRedis redis = SandboxRedis.start(directory)) {
      Ask.redis(redis, commands -> commands.set("key", "old"));
      Path dump = redis.saveDump();
      Ask.redis(redis, commands -> commands.getdel("key"));
      redis.stop();
      redis.restoreDump(dump);
      redis.start();
      redis.restart();
      assertThat(Ask.redis(redis, commands -> commands.get("key"))).isEqualTo("old");
    }
  }

  @Test
  void one_that_keeps_nothing_does_no_harm_to_an_earlier_ones_dump(@TempDir Path directory) {
    try (SandboxRedis keeping = SandboxRedis.start(directory)) {
      Ask.redis(keeping, commands -> commands.set("key", "kept"));
    }
    try (SandboxRedis forgetting = SandboxRedis.builder().directory(directory).start()) {
      assertThat(Ask.redis(forgetting, commands -> commands.get("key"))).isEqualTo("null");
      forgetting.saveDump();
    }
    try (SandboxRedis keeping = SandboxRedis.start(directory)) {
      assertThat(Ask.redis(keeping, commands -> commands.get("key"))).isEqualTo("kept");
    }
  }
}
