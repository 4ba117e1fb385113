package dev.cachetide.invalidation.refresh;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cachetide.RedisConfig;
import dev.cachetide.internal.redis.RedisLink;
import dev.cachetide.internal.redis.Script;
import dev.cachetide.sandbox.SandboxRedis;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The mirror's scripts on a real Redis, in random worlds, and each of their rules taken away. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
final class MirrorIT {

  private static final int WORLDS = Boolean.getBoolean("full") ? 40_000 : 1_000;
  private static final int UNTIL_BROKEN = 20_000;
  private static final Duration LIFE = Duration.ofMinutes(10);

  private final long seed = Long.getLong("seed", System.nanoTime());
  private SandboxRedis server;
  private RedisLink link;
  private RedisClient client;
  private RedisCommands<String, String> redis;

  @BeforeAll
  void start() {
    server = SandboxRedis.builder().start();
    link = RedisLink.open(RedisConfig.of(server.uri()), () -> {});
    await().until(link::connected);
    client = RedisClient.create(server.uri());
    redis = client.connect().sync();
  }

  @AfterAll
  void stop() {
    client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    link.close();
    server.close();
  }

  @Test
  void at_rest_every_key_is_absent_or_as_the_table_has_it() throws Exception {
    assertThat(violation(new MirrorStore(link), WORLDS)).as("-Dseed=%d", seed).isNull();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          images that are not compared         | -- MIRROR | if held and #held == 12 then | if false then
          a deletion that leaves no position   | -- MIRROR | redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[4]) | if ARGV[2] ~= 'D' then redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[4]) end
          sequences that are not compared      | -- MIRROR | (h2 > n2 or                  | (h2 > n2 or false and
          lower halves alone compared          | -- MIRROR | h1 > n1 or (h1 == n1 and     | false or (
          changes that leave the lease         | -- MIRROR | UNLINK', KEYS[1], KEYS[3])   | UNLINK', KEYS[1])
          a warm-up that needs no lease        | -- WARM   | ~= ARGV[1] then              | == 'x' then
          """)
  void breaks_without(String what, String script, String rule, String other) throws Exception {
    UnaryOperator<Script> change =
        each -> each.text().startsWith(script) ? changed(each, rule, other) : each;
    assertThat(violation(new MirrorStore(link, change), UNTIL_BROKEN))
        .as("%s goes unnoticed, -Dseed=%d", what, seed)
        .isNotNull();
  }

  private static Script changed(Script script, String rule, String other) {
    String text = script.text().replace(rule, other);
    assertThat(text).as("the rule is not in the script").isNotEqualTo(script.text());
    return Script.of(text);
  }

  private @Nullable String violation(MirrorStore store, int worlds) throws Exception {
    for (int i = 0; i < worlds; i++) {
      List<String> keys = List.of("w" + i + ":{7}", "w" + i + ":}{8");
      String wrong = new MirrorWorld(seed + i, link, store, keys).run();
      redis.flushall();
      if (wrong != null) {
        return "world " + i + ": " + wrong;
      }
    }
    return null;
  }

  @Test
  void a_hash_loses_the_fields_that_are_gone_and_a_string_becomes_a_hash() throws Exception {
    MirrorStore store = new MirrorStore(link);
    put(store, 1, Value.string("x".getBytes(UTF_8)));
    put(store, 2, hash("a", "1", "b", "2"));
    put(store, 3, hash("b", "3"));

    assertThat(redis.hgetall("user:7")).isEqualTo(Map.of("b", "3"));
    assertThat(redis.pttl("user:7")).isBetween(1L, LIFE.toMillis());
    assertThat(redis.pttl(MirrorKeys.position("user:7"))).isGreaterThan(LIFE.toMillis());
  }

  private static void put(MirrorStore store, long lsn, Value value) throws Exception {
    assertThat(store.put("user:7", new Position(lsn, 0), value, LIFE).toCompletableFuture().get())
        .isEqualTo(1);
  }

  private static Value hash(String... parts) {
    return new Value(true, Stream.of(parts).map(part -> part.getBytes(UTF_8)).toList());
  }
}
