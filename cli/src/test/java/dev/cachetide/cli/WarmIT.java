package dev.cachetide.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Section;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WarmIT {

  private static final Duration SOON = Duration.ofMinutes(1);

  private static final String PIPELINE =
      """
      rules:
        - name: users
          source: { table: users }
          refresh:
            - { key: "user:{id}", type: com.shop.User, ttl: 1h, create: true }
            - { key: "mirror:{id}", mode: mirror, ttl: 1h }
      """;

  @TempDir private Path directory = Path.of(".");

  @Test
  void rows_are_put_under_their_keys_while_workers_run() throws Exception {
    try (ShopServers servers = ShopServers.start()) {
      servers.execute("CREATE TABLE users (id int PRIMARY KEY, name text)");
      servers.execute("INSERT INTO users SELECT n, 'u' || n FROM generate_series(1, 2500) n");
      Path config = servers.file(directory, PIPELINE);
      PipelineSettings settings = Configuration.load(config, EnumSet.allOf(Section.class));
      RedisClient client = RedisClient.create(servers.sandbox().redis().uri());
      try (World world = new World(settings, EnumSet.of(Role.INGEST, Role.INVALIDATE));
          StatefulRedisConnection<String, String> redis = client.connect()) {
        world.start();
        // What is put while the table is new to the workers leaves with their first look at it.
        await()
            .atMost(SOON)
            .pollInterval(Duration.ofSeconds(1))
            .untilAsserted(() -> assertWarmed(config, redis.sync()));
        servers.execute("UPDATE users SET name = 'new' WHERE id = 7");
        await()
            .atMost(SOON)
            .untilAsserted(
                () ->
                    assertThat(redis.sync().get("mirror:7"))
                        .isEqualTo("{\"id\":7,\"name\":\"new\"}"));

        assertThat(Invocation.of("warm", "--rule", "user", "--config", config.toString()))
            .satisfies(
                misspelt -> {
                  assertThat(misspelt.exitCode()).isEqualTo(CachetideMain.BAD_INPUT);
                  assertThat(misspelt.err()).contains("did you mean users?");
                });
      } finally {
        client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
      }
    }
  }

  private static void assertWarmed(Path config, RedisCommands<String, String> redis) {
    Invocation warm = Invocation.of("warm", "--all", "--config", config.toString());
    assertThat(warm.exitCode()).as(warm.err()).isZero();
    assertThat(warm.out()).contains("KEY").contains("mirror:{id}").contains("2,500");
    assertThat(redis.get("mirror:2500")).isEqualTo("{\"id\":2500,\"name\":\"u2500\"}");
    assertThat(redis.get("user:7")).contains("{\"id\":7,\"name\":\"u7\"}");
  }
}
