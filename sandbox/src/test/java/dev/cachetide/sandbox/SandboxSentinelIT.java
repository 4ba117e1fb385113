package dev.cachetide.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class SandboxSentinelIT {

  @Test
  void a_killed_primary_is_replaced_and_becomes_the_replica_when_it_returns() {
    try (SandboxSentinel sentinel = SandboxSentinel.start()) {
      SandboxRedis before = sentinel.servers().get(0);
      SandboxRedis after = sentinel.servers().get(1);
      assertThat(sentinel.primary()).isSameAs(before);
      as(sentinel, commands -> commands.set("key", "value"));
      as(sentinel, commands -> assertThat(commands.waitForReplication(1, 5_000)).isEqualTo(1));

      assertThat(sentinel.killPrimary()).isSameAs(before);
      sentinel.awaitFailover(before);
      assertThat(sentinel.primaryPort()).isEqualTo(after.port());
      as(sentinel, commands -> assertThat(commands.get("key")).isEqualTo("value"));

      before.start();
      sentinel.awaitSettled();
      assertThat(sentinel.primary()).isSameAs(after);
      assertThat(Ask.redis(before, commands -> commands.info("replication")))
          .contains("role:slave");
      assertThat(Ask.redis(before, commands -> commands.get("key"))).isEqualTo("value");
    }
  }

  @Test
  void an_orderly_failover_exchanges_the_roles_and_outlives_restarts() {
    try (SandboxSentinel sentinel = SandboxSentinel.start()) {
      as(sentinel, commands -> commands.set("key", "value"));
      SandboxRedis before = sentinel.primary();
      sentinel.failover();
      SandboxRedis after = sentinel.primary();
      assertThat(after).isNotSameAs(before);
      as(sentinel, commands -> assertThat(commands.get("key")).isEqualTo("value"));
      before.restart();
      assertThat(Ask.redis(before, commands -> commands.info("replication")))
          .contains("role:slave");
      sentinel.awaitSettled();
      sentinel.failover();
      assertThat(sentinel.primary()).isSameAs(before);
    }
  }

  @Test
  void all_five_are_on_loopback_only_and_gone_after_a_close() throws Exception {
    SandboxSentinel sentinel = SandboxSentinel.start();
    assertThat(sentinel.uri()).matches("redis-sentinel://(127\\.0\\.0\\.1:\\d+[,/]){3}0#main");
    try (sentinel) {
      for (SandboxRedis server : sentinel.servers()) {
        Loopback.assertOnlyThere(server);
      }
      for (int port : sentinel.sentinelPorts()) {
        Loopback.assertOnlyThere(port);
      }
      sentinel.primary().suspend();
    }
    assertThat(sentinel.servers()).noneMatch(SandboxRedis::running);
    assertThat(sentinel.servers()).noneMatch(server -> RedisPing.answers(server.port()));
    assertThat(sentinel.sentinelPorts()).noneMatch(RedisPing::answers);
    sentinel.close();
  }

  private static void as(SandboxSentinel sentinel, Consumer<RedisCommands<String, String>> client) {
    try (RedisClient lettuce = RedisClient.create(sentinel.uri());
        var connection = lettuce.connect()) {
      client.accept(connection.sync());
    }
  }
}
