package dev.cachetide.invalidation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.internal.fenced.Content;
import dev.cachetide.internal.fenced.Spared;
import dev.cachetide.invalidation.rules.Plan;
import dev.cachetide.runtime.settings.RedisSettings;
import dev.cachetide.sandbox.SandboxRedisCluster;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.sync.RedisAdvancedClusterCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/** Plans applied to three primaries with a replica each. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@SuppressWarnings("NullAway.Init")
final class RedisClusterIT {

  private static final String CHANNEL = "cachetide:shop:invalidate";

  private SandboxRedisCluster servers;
  private RedisClusterClient client;
  private RedisAdvancedClusterCommands<String, String> redis;
  private RedisTarget target;

  @BeforeAll
  void startServers() {
    servers = SandboxRedisCluster.builder().withReplicas().start();
    client = RedisClusterClient.create(servers.uris().get(0));
    redis = client.connect().sync();
    target =
        new RedisTarget(
            new RedisSettings(servers.uris().get(0), Duration.ofSeconds(2), true), CHANNEL);
  }

  @AfterAll
  void stopServers() {
    target.close();
    client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    servers.close();
  }

  @BeforeEach
  void empty() {
    redis.flushall();
  }

  @Test
  void keys_tags_with_members_and_versions_leave_whatever_server_holds_them() throws Exception {
    Plan plan = new Plan();
    for (int i = 0; i < 200; i++) {
      cache("user:" + i, "cachetide:tag:" + i, "cachetide:version:" + i, "member:" + i);
      redis.sadd("tag:" + i, "member:" + i);
      plan.evict("user:" + i);
      plan.evictTag("" + i);
      plan.evictVersion("" + i);
    }
    cache("other");

    assertThat(target.evict(plan).keys()).isEqualTo(800);

    assertThat(left()).containsExactly("other");
  }

  @Test
  void patterns_look_at_every_primary() throws Exception {
    for (int i = 0; i < 500; i++) {
      cache("user:" + i, "other:" + i);
    }
    Plan plan = new Plan();
    plan.evictMatching("user:*");

    assertThat(target.evict(plan).keys()).isEqualTo(500);

    assertThat(left()).hasSize(500).allMatch(key -> key.startsWith("other:"));
  }

  /** Last, since it leaves the servers with other parts. */
  @Test
  @Order(Integer.MAX_VALUE)
  void every_primary_has_to_be_certified_and_a_promoted_replica_is_another() throws Exception {
    Set<String> before = target.runIds();
    long connects = target.connects();
    assertThat(before).hasSize(3);
    var lost = servers.owner("user:1");
    lost.killHard();
    servers.awaitFailover(lost);
    Servers.within(20)
        .ignoreExceptions()
        .until(
            () ->
                target.connects() != connects
                    && target.runIds().size() == 3
                    && !target.runIds().equals(before));
    Set<String> kept = new HashSet<>(target.runIds());
    kept.retainAll(before);
    assertThat(kept).hasSize(2);
    lost.start();
    servers.awaitOk();
    Plan plan = new Plan();
    for (int i = 0; i < 200; i++) {
      plan.evict("user:" + i);
    }
    plan.evictMatching("other:*");
    Servers.within(20).ignoreExceptions().until(() -> target.evict(plan).keys() == 0);
  }

  @Test
  void a_message_is_heard_at_every_server() throws Exception {
    List<Listener> listeners =
        servers.nodes().stream()
            .filter(node -> node.running())
            .map(node -> new Listener(node.uri(), CHANNEL))
            .toList();
    target.publish(
        dev.cachetide.wire.InvalidationCodec.encode(
            new dev.cachetide.wire.Invalidation.Key("k"), 1));
    for (Listener listener : listeners) {
      Servers.within(5).until(() -> listener.heard.size() == 1);
      listener.close();
    }
  }

  @Test
  void a_dirty_entry_that_is_spared_stays_on_whatever_server_it_is() throws Exception {
    RedisAdvancedClusterCommands<String, byte[]> bytes =
        client.connect(RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE)).sync();
    Content content = new Content(new byte[] {1}, false, 1, 0, 0, 0, Map.of());
    Plan plan = new Plan();
    for (int i = 0; i < 200; i++) {
      bytes.set("echo:" + i, content.dirty(1, i, new byte[16]));
      cache("user:" + i, "other:" + i);
      plan.evict("echo:" + i, Spared.after(1, 99));
      plan.evict("user:" + i, Spared.PENDING);
      plan.evict("other:" + i);
    }

    assertThat(target.evict(plan).keys()).isEqualTo(500);

    assertThat(left()).hasSize(100).contains("echo:100").doesNotContain("echo:99");
  }

  private void cache(String... keys) {
    for (String key : keys) {
      redis.set(key, "cached");
    }
  }

  private Set<String> left() {
    return new TreeSet<>(redis.keys("*"));
  }
}
