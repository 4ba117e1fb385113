package dev.cachetide.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cachetide.Cache;
import dev.cachetide.Cachetide;
import dev.cachetide.Codec;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Section;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ResyncIT {

  private static final Duration SOON = Duration.ofMinutes(1);

  private static final String PIPELINE =
      """
      rules:
        - name: users
          source: { table: users }
          evict: [ { key: "user:{id}" } ]
          refresh: [ { key: "mirror:{id}", mode: mirror, ttl: 1h } ]
        - { name: orders, source: { table: orders }, evict: [ { key: "order:{id}" } ] }
      """;

  @TempDir private Path directory = Path.of(".");
  private Path config = Path.of(".");

  @Test
  void all_that_is_cached_of_a_table_leaves_l1_caches_included() throws Exception {
    try (ShopServers servers = ShopServers.start()) {
      servers.execute("CREATE TABLE users (id int PRIMARY KEY, name text)");
      servers.execute("CREATE TABLE orders (id int PRIMARY KEY)");
      servers.execute("INSERT INTO users SELECT n, 'u' || n FROM generate_series(1, 500) n");
      config = servers.file(directory, PIPELINE);
      assertThat(run("resync", "users").err()).contains("ingest has published nothing yet");
      PipelineSettings settings = Configuration.load(config, EnumSet.allOf(Section.class));
      RedisClient client = RedisClient.create(servers.sandbox().redis().uri());
      try (World world = new World(settings, EnumSet.of(Role.INGEST, Role.INVALIDATE));
          StatefulRedisConnection<String, String> redis = client.connect();
          Cachetide caches =
              Cachetide.builder().redis(servers.sandbox().redis().uri()).pipeline("shop").build()) {
        world.start();
        await().atMost(SOON).until(() -> caches.trusted() && ShopServers.ready(world));
        Cache<Integer, String> near =
            caches
                .<Integer, String>cache("users", Codec.text())
                .prefix("user:")
                .near(100, Duration.ofMinutes(5))
                .loader(id -> "from the database")
                .build();
        stale_values_leave(near, redis);
        rows_are_put_afterwards(redis);
        what_is_wrong_is_told();
        run("pause", "invalidate");
        Invocation paused = run("resync", "users");
        assertThat(paused.exitCode()).isEqualTo(1);
        assertThat(paused.err()).contains("is paused").contains("resume");
        run("resume", "--all");
      } finally {
        client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
      }
      Invocation alone = run("resync", "users", "--timeout", "2");
      assertThat(alone.exitCode()).isEqualTo(1);
      assertThat(alone.err()).contains("ingest has not published it within 2 s");
    }
  }

  private void stale_values_leave(
      Cache<Integer, String> near, StatefulRedisConnection<String, String> redis) throws Exception {
    near.put(1, "old");
    await().atMost(SOON).until(() -> near.load(1).orElseThrow().equals("old"));
    redis.sync().set("user:plain", "old");
    redis.sync().set("order:1", "of another table");

    Invocation resync = run("resync", "users", "--json");

    assertThat(resync.exitCode()).as(resync.err()).isZero();
    JsonNode report = new ObjectMapper().readTree(resync.out());
    assertThat(report.get("evicted").asBoolean()).isTrue();
    assertThat(report.get("table").asText()).isEqualTo("public.users");
    assertThat(redis.sync().exists("user:plain")).isZero();
    assertThat(redis.sync().exists("order:1")).isEqualTo(1);
    await().atMost(SOON).until(() -> near.load(1).orElseThrow().equals("from the database"));
  }

  private void rows_are_put_afterwards(StatefulRedisConnection<String, String> redis) {
    redis.sync().set("mirror:7", "old");

    Invocation resync = run("resync", "public.users", "--warm");

    assertThat(resync.exitCode()).as(resync.err()).isZero();
    assertThat(resync.out()).contains("the rule users").contains("mirror:{id}: 500 of 500 rows");
    assertThat(redis.sync().get("mirror:7")).isEqualTo("{\"id\":7,\"name\":\"u7\"}");
  }

  private void what_is_wrong_is_told() {
    Invocation wrong = run("resync", "usrs", "--timeout", "0", "--rate", "5");
    assertThat(wrong.exitCode()).isEqualTo(2);
    assertThat(wrong.err())
        .contains("did you mean public.users?")
        .contains("--timeout: 0")
        .contains("--rate: 5")
        .contains("3 problems");
    assertThat(run("resync", "orders", "--warm").err()).contains("creates or mirrors");
  }

  private Invocation run(String... arguments) {
    return Invocation.with(config, arguments);
  }
}
