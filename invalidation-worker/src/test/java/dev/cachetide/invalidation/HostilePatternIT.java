package dev.cachetide.invalidation;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.invalidation.rules.ChangeEvent;
import dev.cachetide.invalidation.rules.ChangeEvent.Operation;
import dev.cachetide.invalidation.rules.Plan;
import dev.cachetide.invalidation.rules.RowImage;
import dev.cachetide.invalidation.rules.RulePlanner;
import dev.cachetide.invalidation.rules.RuleSet;
import dev.cachetide.runtime.settings.RedisSettings;
import dev.cachetide.runtime.settings.RuleSettings;
import dev.cachetide.runtime.settings.RuleSettings.EvictSettings;
import dev.cachetide.runtime.settings.RuleSettings.Kind;
import dev.cachetide.sandbox.SandboxRedis;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Four hundred row values that look like wildcards, escapes, protocol and other keys, from a row's
 * event to a real Redis: each takes its own keys and leaves those of all others, under which there
 * are hundreds that it would take if a single character of it were a wildcard.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
final class HostilePatternIT {

  private static final long SEED = Long.getLong("seed", 20_261_125L);
  private static final int VALUES = 400;
  private static final List<String> PIECES =
      List.of(
          "*",
          "**",
          "?",
          "[a-z]",
          "[^a]",
          "[",
          "]",
          "^",
          "-",
          "\\",
          "\\*",
          "\\\\",
          "'",
          "\"",
          "`",
          "{",
          "}",
          "{v}",
          "{{v}}",
          "%",
          "%2A",
          "%5B",
          "%00",
          ":",
          ":*",
          "a",
          "b",
          "ab",
          "\r\n",
          "\t",
          "\u0001",
          "\u001B[0m",
          "\u007F",
          " ",
          "é",
          "e\u0301",
          "\uD83D\uDE42",
          "\u200B",
          "\u202E",
          "\uFEFF",
          "\uFFFF",
          "$5",
          "null",
          "NULL");

  private SandboxRedis server;
  private RedisClient client;
  private RedisCommands<String, String> redis;
  private RedisTarget target;

  @BeforeAll
  void startServer(@TempDir Path directory) {
    server = SandboxRedis.start(directory);
    client = RedisClient.create(server.uri());
    redis = client.connect().sync();
    target = new RedisTarget(new RedisSettings(server.uri(), Duration.ofSeconds(5)), "channel");
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
  void each_value_in_a_pattern_takes_the_keys_under_it_and_no_others() throws Exception {
    List<String> endings = List.of(":1", ":a", ":*", ":\\");
    assertEachTakes(Kind.PATTERN, "p:{v}:?", endings, List.of("", ":", ":12", "x:1"));
  }

  @Test
  void each_value_before_a_wildcard_class_takes_the_keys_under_it_and_no_others() throws Exception {
    assertEachTakes(Kind.PATTERN, "p:{v}:[ab]*", List.of(":a", ":b*"), List.of(":c", ":[ab]", ":"));
  }

  @Test
  void each_value_in_a_key_takes_one_key() throws Exception {
    assertEachTakes(Kind.KEY, "p:{v}:", List.of(":"), List.of("", ":1"));
  }

  private void assertEachTakes(
      Kind kind, String template, List<String> leaving, List<String> staying) throws Exception {
    RuleSet rules =
        ((RuleSet.Result.Compiled)
                RuleSet.compile(
                    "rules",
                    List.of(
                        new RuleSettings(
                            "rules[0]",
                            "values",
                            "public",
                            "values",
                            List.of(new EvictSettings("rules[0].evict[0]", kind, template))))))
            .rules();
    List<@Nullable String> values = values();
    for (String value : values) {
      leaving.forEach(ending -> redis.set("p:" + written(value) + ending, "cached"));
      staying.forEach(ending -> redis.set("p:" + written(value) + ending, "cached"));
    }
    long left = redis.dbsize();
    for (String value : values) {
      Plan plan = new Plan();
      RulePlanner.wants(created(value), rules.rules(), null).forEach(plan::add);

      assertThat(target.evict(plan).keys())
          .as("value %d of seed %d", values.indexOf(value), SEED)
          .isEqualTo(leaving.size());

      left -= leaving.size();
      assertThat(redis.dbsize()).isEqualTo(left);
      for (String ending : leaving) {
        assertThat(redis.exists("p:" + written(value) + ending)).isZero();
      }
    }
  }

  private static ChangeEvent created(@Nullable String value) {
    RowImage row = new RowImage(Collections.singletonMap("v", value), Set.of());
    return new ChangeEvent(Operation.CREATE, null, row, -1, -1);
  }

  /** Four hundred different ones, of which one is NULL, one empty and one very long. */
  private static List<@Nullable String> values() {
    Random random = new Random(SEED);
    Set<@Nullable String> values = new LinkedHashSet<>(PIECES);
    Collections.addAll(values, null, "", "*".repeat(20_000), "[".repeat(300), "\\".repeat(301));
    while (values.size() < VALUES) {
      StringBuilder value = new StringBuilder();
      for (int i = 2 + random.nextInt(4); i > 0; i--) {
        value.append(PIECES.get(random.nextInt(PIECES.size())));
      }
      values.add(value.toString());
    }
    return new ArrayList<>(values);
  }

  /** What docs/keys.md says of a value before a colon. */
  private static String written(@Nullable String value) {
    return value == null ? "%00" : value.replace("%", "%25").replace(":", hex(":"));
  }

  private static String hex(String text) {
    StringBuilder hex = new StringBuilder();
    for (byte unit : text.getBytes(UTF_8)) {
      hex.append("%%%02X".formatted(unit));
    }
    return hex.toString();
  }
}
