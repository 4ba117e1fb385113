package dev.cachetide.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.cli.doctor.Finding.Section;
import dev.cachetide.invalidation.RedisFacts;
import dev.cachetide.runtime.settings.PipelineSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Redis as a test stack does not bring it about, by facts made up for it. */
@SuppressWarnings("NullAway.Init")
final class RedisChecksTest {

  @TempDir private static Path directory;
  private static PipelineSettings settings;

  @BeforeAll
  static void read() throws Exception {
    settings = Made.settings(directory, Made.SHOP);
  }

  @Test
  void a_redis_that_is_old_a_replica_or_clustered_otherwise_than_said_is_wrong() {
    assertThat(
            redis(
                settings,
                new RedisFacts(
                    "default",
                    true,
                    List.of(redisServer("6.2.1", true, "noeviction", 0)),
                    Map.of())))
        .anyMatch(line -> line.startsWith("FAIL version: cache: Redis 6.2.1"))
        .anyMatch(line -> line.startsWith("FAIL cluster: redis.url is a node of a cluster"))
        .anyMatch(line -> line.startsWith("FAIL role: cache is a replica"))
        .anyMatch(line -> line.startsWith("WARN identity: this start of Redis is not the one"));
  }

  /** docs/cache-entries.md: absent is safe, for all but members of plain tags and positions. */
  @Test
  void an_eviction_policy_matters_where_something_else_than_entries_would_leave() throws Exception {
    RedisFacts evicting =
        new RedisFacts(
            "default", false, List.of(redisServer("7.4.0", false, "allkeys-lru", 1)), Map.of());
    PipelineSettings mirror =
        Made.settings(
            directory,
            """
            pipeline: shop
            rules:
              - name: users
                source: { table: users }
                refresh: [ { key: "user:{id}", mode: mirror, ttl: 1d } ]
            """);
    PipelineSettings tags =
        Made.settings(
            directory,
            """
            pipeline: shop
            rules:
              - name: users
                source: { table: users }
                evict: [ { tag: "team:{id}" } ]
            """);

    assertThat(redis(settings, evicting)).noneMatch(line -> line.contains("memory"));
    assertThat(redis(mirror, evicting)).anyMatch(line -> line.contains("positions of mirrored"));
    assertThat(redis(tags, evicting)).anyMatch(line -> line.contains("member sets of tags"));
    assertThat(
            redis(
                settings,
                new RedisFacts(
                    "default",
                    false,
                    List.of(redisServer("7.4.0", false, "noeviction", 1)),
                    Map.of())))
        .anyMatch(line -> line.contains("once it is full nothing is cached"));
  }

  private static List<String> redis(PipelineSettings settings, RedisFacts facts) {
    Report report = new Report(Section.REDIS);
    new RedisChecks(settings, Set.of("other")).all().forEach(check -> check.look(facts, report));
    return Made.lines(report);
  }

  private static RedisFacts.Server redisServer(
      String version, boolean replica, String policy, long maxmemory) {
    return new RedisFacts.Server(
        "cache", version, "run", replica, policy, maxmemory, false, "", 0L);
  }
}
