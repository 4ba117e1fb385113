package dev.cachetide.invalidation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cachetide.internal.fenced.Content;
import dev.cachetide.internal.fenced.Spared;
import dev.cachetide.invalidation.rules.Plan;
import dev.cachetide.key.KeyTemplate;
import dev.cachetide.key.KeyTemplate.Compilation;
import dev.cachetide.runtime.settings.RedisSettings;
import dev.cachetide.sandbox.SandboxRedis;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Plans applied to a real Redis. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
final class RedisTargetIT {

  private SandboxRedis server;
  private RedisClient client;
  private RedisCommands<String, String> redis;
  private RedisCommands<String, byte[]> bytes;
  private RedisTarget target;

  @BeforeAll
  void startServer(@TempDir Path directory) {
    server = SandboxRedis.start(directory);
    client = RedisClient.create(server.uri());
    redis = client.connect().sync();
    bytes = client.connect(RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE)).sync();
    target = new RedisTarget(new RedisSettings(server.uri(), Duration.ofSeconds(2)), "channel");
  }

  @AfterAll
  void stopServer() {
    target.close();
    client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    server.close();
  }

  @BeforeEach
  void empty() {
    redis.flushall();
  }

  @Test
  void a_replica_is_not_certified_until_it_is_promoted() throws Exception {
    try (SandboxRedis replica =
            SandboxRedis.builder()
                .option("replicaof", "127.0.0.1", Integer.toString(server.port()))
                .start();
        RedisTarget onReplica =
            new RedisTarget(new RedisSettings(replica.uri(), Duration.ofSeconds(2)), "channel")) {
      assertThatThrownBy(onReplica::runIds)
          .isInstanceOf(RedisException.class)
          .hasMessageContaining("a replica answers");
      client.connect(RedisURI.create(replica.uri())).sync().replicaofNoOne();
      Servers.within(20).ignoreExceptions().until(() -> onReplica.runIds().size() == 1);
    }
  }

  @Test
  void a_tag_takes_its_stamp_and_the_members_of_its_set_and_nothing_else() throws Exception {
    Plan plan = new Plan();
    cache("cachetide:tag:red", "cachetide:tag:blue", "apple", "sky");
    redis.sadd("tag:red", "apple", "gone");
    redis.sadd("tag:blue", "sky");
    plan.evictTag("red");

    assertThat(target.evict(plan).keys()).isEqualTo(2);

    assertThat(left()).containsExactly("cachetide:tag:blue", "sky", "tag:blue");
  }

  @Test
  void a_set_of_many_members_leaves_whole() throws Exception {
    Plan plan = new Plan();
    IntStream.range(0, 3_000)
        .forEach(
            i -> {
              redis.set("member:" + i, "cached");
              redis.sadd("tag:many", "member:" + i);
            });
    plan.evictTag("many");

    assertThat(target.evict(plan).keys()).isEqualTo(3_000);

    assertThat(left()).isEmpty();
  }

  @Test
  void a_plain_key_where_a_set_would_be_is_left_alone() throws Exception {
    Plan plan = new Plan();
    cache("cachetide:tag:red", "tag:red");
    plan.evictTag("red");
    target.evict(plan);

    assertThat(left()).containsExactly("tag:red");
  }

  @Test
  void a_version_takes_its_pointer() throws Exception {
    Plan plan = new Plan();
    cache("cachetide:version:catalogue", "cachetide:version:other");
    plan.evictVersion("catalogue");
    target.evict(plan);

    assertThat(left()).containsExactly("cachetide:version:other");
  }

  @Test
  void names_that_are_known_leave_in_one_round_trip() throws Exception {
    Plan plan = new Plan();
    plan.evict("a");
    plan.evictVersion("v");

    assertThat(target.evict(plan).roundTrips()).isEqualTo(1);
  }

  @Test
  void tags_and_versions_leave_by_pattern_with_their_members() throws Exception {
    Plan plan = new Plan();
    cache("cachetide:tag:c:1", "cachetide:tag:d:1", "cachetide:version:c:1", "apple", "sky", "c:1");
    redis.sadd("tag:c:1", "apple");
    redis.sadd("tag:d:1", "sky");
    cache("tag:c:text");
    plan.evictTagsMatching("c:*");
    plan.evictVersionsMatching("c:*");
    target.evict(plan);

    assertThat(left()).containsExactly("c:1", "cachetide:tag:d:1", "sky", "tag:c:text", "tag:d:1");
  }

  @Test
  void a_pattern_with_hostile_values_takes_its_own_keys_and_no_others() throws Exception {
    List<String> values =
        List.of(
            "*", "?", "[a-z]", "[^a]", "\\", "\\*", "a", "a*", "a:b", "%", "", "é", "^", "]", "-");
    KeyTemplate keys = ((Compilation.Compiled) KeyTemplate.compile("p:{v}:x")).template();
    KeyTemplate globs = ((Compilation.Compiled) KeyTemplate.compileGlob("p:{v}:?*")).template();
    for (String value : values) {
      values.forEach(each -> cache(keys.render(Map.of("v", each))));
      Plan plan = new Plan();
      globs.renderGlobs(KeyTemplate.Values.of(Map.of("v", value)), 1).forEach(plan::evictMatching);

      assertThat(target.evict(plan).keys()).as(value).isEqualTo(1);
      assertThat(left()).doesNotContain(keys.render(Map.of("v", value)));
    }
  }

  @Test
  void a_dirty_entry_that_is_spared_stays_and_nothing_else_does() throws Exception {
    List<String> kept = new ArrayList<>();
    Plan plan = new Plan();
    for (int i = 0; i < 200; i++) {
      dirty("echo:" + i, i);
      dirty("change:" + i, i);
      dirty("none:" + i, i);
      cache("Dtext:" + i);
      redis.set("Dlong:" + i, "D".repeat(100));
      redis.sadd("Dset:" + i, "D");
      plan.evict("echo:" + i, Spared.after(1, 99));
      plan.evict("change:" + i, Spared.PENDING);
      plan.evict("none:" + i, Spared.PENDING);
      plan.evict("none:" + i);
      for (String kind : List.of("Dtext:", "Dlong:", "Dset:", "absent:")) {
        plan.evict(kind + i, Spared.PENDING);
      }
      kept.add("change:" + i);
      if (i > 99) {
        kept.add("echo:" + i);
      }
    }

    assertThat(target.evict(plan).keys()).isEqualTo(100 + 4 * 200);

    assertThat(left()).containsExactlyInAnyOrderElementsOf(kept);
    assertThat(target.evict(plan).keys()).isZero();
    assertThat(target.evict(plan).roundTrips()).isEqualTo(1);
  }

  private void cache(String... keys) {
    for (String key : keys) {
      redis.set(key, "cached");
    }
  }

  private void dirty(String key, long offset) {
    byte[] entry =
        new Content(new byte[] {1}, false, 1, 0, 0, 0, Map.of()).dirty(1, offset, new byte[16]);
    bytes.set(key, entry);
  }

  private Set<String> left() {
    return new TreeSet<>(redis.keys("*"));
  }
}
