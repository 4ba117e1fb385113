package dev.cachetide.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.sync.RedisAdvancedClusterCommands;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class SandboxRedisClusterIT {
  private static final int KEYS = 300;

  @Test
  void every_slot_is_served_and_every_primary_has_its_share() {
    try (SandboxRedisCluster cluster = SandboxRedisCluster.start()) {
      assertThat(cluster.uris()).hasSize(3).doesNotHaveDuplicates();
      Set<SandboxRedis> owners = new HashSet<>();
      as(
          cluster,
          commands -> {
            assertThat(commands.clusterInfo())
                .contains("cluster_state:ok", "cluster_slots_ok:16384", "cluster_known_nodes:3");
            for (int key = 0; key < KEYS; key++) {
              commands.set("key-" + key, "value-" + key);
              assertThat(commands.get("key-" + key)).isEqualTo("value-" + key);
              owners.add(cluster.owner("key-" + key));
            }
          });
      assertThat(owners).containsExactlyInAnyOrderElementsOf(cluster.primaries());
    }
  }

  @Test
  void a_replica_takes_over_from_a_killed_primary_which_returns_as_its_replica() throws Exception {
    try (SandboxRedisCluster cluster = SandboxRedisCluster.builder().withReplicas().start()) {
      assertThat(cluster.uris()).hasSize(6);
      as(cluster, commands -> commands.set("key", "value"));
      SandboxRedis before = cluster.owner("key");
      before.killHard();
      cluster.awaitFailover(before);
      SandboxRedis after = cluster.owner("key");
      int index = cluster.primaries().indexOf(before);
      assertThat(after).isSameAs(cluster.replicas().get(index));
      as(cluster, commands -> assertThat(commands.get("key")).isEqualTo("value"));
      before.start();
      cluster.awaitOk();
      assertThat(cluster.owner("key")).isSameAs(after);
      assertThat(before.ask("ROLE")).startsWith("slave", "127.0.0.1", "" + after.port());
    }
  }

  @Test
  void a_primary_without_replica_that_was_killed_takes_its_slots_back_and_is_empty() {
    try (SandboxRedisCluster cluster = SandboxRedisCluster.start()) {
      as(cluster, commands -> commands.set("key", "value"));
      SandboxRedis owner = cluster.owner("key");
      owner.killHard();
      assertThatThrownBy(() -> RedisConnection.open(owner.port())).isInstanceOf(IOException.class);
      owner.start();
      cluster.awaitOk();
      assertThat(cluster.owner("key")).isSameAs(owner);
      as(cluster, commands -> assertThat(commands.get("key")).isNull());
    }
  }

  @Test
  void every_node_is_on_loopback_only_and_gone_after_a_close() throws Exception {
    SandboxRedisCluster cluster = SandboxRedisCluster.builder().withReplicas().start();
    try (cluster) {
      for (SandboxRedis node : cluster.nodes()) {
        Loopback.assertOnlyThere(node);
      }
      cluster.primaries().get(0).suspend();
    }
    assertThat(cluster.nodes()).noneMatch(SandboxRedis::running);
    assertThat(cluster.nodes()).noneMatch(node -> RedisPing.answers(node.port()));
    cluster.close();
  }

  @Test
  void the_nodes_builders_can_be_given_options_and_a_password() throws Exception {
    try (SandboxRedisCluster cluster =
        SandboxRedisCluster.builder()
            .primaries(1)
            .withReplicas()
            .nodes(node -> node.option("maxmemory", "3mb").password("secret"))
            .start()) {
      as(cluster, commands -> assertThat(commands.set("key", "value")).isEqualTo("OK"));
      assertThat(cluster.primaries().get(0).ask("CONFIG", "GET", "maxmemory"))
          .containsExactly("maxmemory", "3145728");
    }
  }

  private static void as(
      SandboxRedisCluster cluster, Consumer<RedisAdvancedClusterCommands<String, String>> client) {
    try (RedisClusterClient lettuce =
            RedisClusterClient.create(cluster.uris().stream().map(RedisURI::create).toList());
        var connection = lettuce.connect()) {
      client.accept(connection.sync());
    }
  }
}
