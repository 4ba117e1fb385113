package dev.cachetide.internal.fenced;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cachetide.RedisConfig;
import dev.cachetide.internal.fenced.World.Dirty;
import dev.cachetide.internal.fenced.World.Rules;
import dev.cachetide.internal.redis.RedisLink;
import dev.cachetide.internal.redis.Script;
import dev.cachetide.sandbox.SandboxRedis;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import java.time.Duration;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The scripts on a real Redis, against their model and against the guarantee, in thousands of
 * random schedules over two or three keys. And each rule of the protocol taken away, to see the
 * guarantee break.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class FencedModelIT {

  private static final Rules EVICTIONS = new Rules(true, false, true, Dirty.LOG_ORDER);
  private static final Rules CONFLICTS = new Rules(true, false, true, Dirty.CONFLICTS);
  private static final Rules IMAGES = new Rules(true, true, true, Dirty.LOG_ORDER);
  private static final Rules IMAGES_THAT_WIN = new Rules(true, true, true, Dirty.CONFLICTS);
  private static final Rules UNGATED = new Rules(false, false, true, Dirty.LOG_ORDER);
  private static final Rules CLEARED = new Rules(true, false, true, Dirty.CLEARED);
  private static final Rules UNRECOGNISED = new Rules(true, false, true, Dirty.UNRECOGNISED);
  private static final Rules WRITERS = new Rules(true, false, false, Dirty.LOG_ORDER);
  private static final int SCHEDULES = Boolean.getBoolean("full") ? 60_000 : 2_500;
  private static final int UNTIL_BROKEN = 40_000;

  private final long seed = Seeds.first();
  private final Random random = new Random(seed);
  private SandboxRedis server;
  private RedisLink link;
  private RedisClient client;
  private RedisAsyncCommands<String, byte[]> raw;

  @BeforeAll
  void start() {
    server = SandboxRedis.builder().start();
    link =
        RedisLink.open(RedisConfig.of(server.uri()).withTimeout(Duration.ofSeconds(20)), () -> {});
    await().until(link::connected);
    client = RedisClient.create(server.uri());
    raw = client.connect(RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE)).async();
  }

  @AfterAll
  void stop() {
    client.shutdown();
    link.close();
    server.close();
  }

  @Test
  void with_evictions_redis_agrees_with_the_model_and_keeps_the_guarantee() throws Exception {
    holds(EVICTIONS, SCHEDULES);
  }

  @Test
  void where_writes_may_lose_redis_agrees_with_the_model_and_keeps_the_guarantee()
      throws Exception {
    holds(CONFLICTS, SCHEDULES / 2);
    holds(IMAGES_THAT_WIN, SCHEDULES / 2);
  }

  @Test
  void with_images_redis_agrees_with_the_model_and_keeps_the_guarantee() throws Exception {
    holds(IMAGES, SCHEDULES);
  }

  @Test
  void writers_whose_leases_outlive_them_agree_with_the_database_without_a_pipeline()
      throws Exception {
    holds(WRITERS, SCHEDULES / 3);
  }

  private void holds(Rules rules, int schedules) throws Exception {
    Rounds rounds = new Rounds(store(UnaryOperator.identity()), raw, rules, true);
    long began = System.nanoTime();
    assertThat(rounds.run(seed, schedules)).isNull();
    System.out.printf(
        "%d operations in %d schedules, %d ms, -Dseed=%d%n",
        rounds.operations(), schedules, (System.nanoTime() - began) / 1_000_000, seed);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          a fill that does not look at the token             | EVICTIONS | FILL:          | if held ~= ARGV[1]                               | if held == false
          a fill that does so for values alone               | EVICTIONS | FILL:          | elseif kind == 'V' then                          | elseif kind == 'V' then held = ARGV[1] elseif kind == 'v' then
          a put without the token of its mark, on values     | EVICTIONS | PUT:           | allowed = redis.call('GETRANGE', KEYS[1], 34, 49) == ARGV[1] | allowed = true
          a put without the token of its mark, on leases     | EVICTIONS | PUT:           | allowed = redis.call('GETRANGE', KEYS[1], 1, 16) == ARGV[1]  | allowed = true
          a put that covers whatever write stands there      | EVICTIONS | PUT:           | allowed = high < newHigh or (high == newHigh and low < newLow) | allowed = true
          a put that compares the lower halves of offsets    | EVICTIONS | PUT:           | allowed = high < newHigh or (high == newHigh and low < newLow) | allowed = low < newLow
          an image that replaces whatever a reader filled    | IMAGES    | REFRESH:       | if compare(xidH, xidL, xminH, xminL) < 0 then    | if true then return replace(flags) elseif false then
          an image that replaces newer images                | IMAGES    | REFRESH:       | if order < 0 then                                | if true then
          an image that creates entries                      | IMAGES    | REFRESH:       | if head == '' then                               | if head == '' then return replace(0) elseif false then
          an image that removes writes to come               | IMAGES    | REFRESH:       | and ARGV[4] == 'S'                               | and ARGV[4] == 's'
          an image that spares writes that may lose          | WIN       | REFRESH:       | and ARGV[4] == 'S'                               | and true
          an echo that removes writes to come                | EVICTIONS | EVICT:         | if partition == itsPartition and                 | if false and
          an echo that spares its own write                  | EVICTIONS | EVICT:         | low > itsLow                                     | low >= itsLow
          an echo that compares the lower halves of offsets  | EVICTIONS | EVICT:         | (high > itsHigh or (high == itsHigh and low > itsLow)) | low > itsLow
          a change that removes writes to come               | EVICTIONS | EVICT:         | if #ARGV == 0 then                               | if false then
          a put without any mark                             | EVICTIONS | PUT:           | local allowed = false                            | local allowed = true
          an image that leaves leases                        | IMAGES    | REFRESH:       | if kind ~= 'V' or                                | if kind == 'L' then return 0 elseif
          an image that leaves what it is in doubt about     | IMAGES    | REFRESH:       | return replace(flags)\\nend\\nreturn evict()       | return replace(flags)\\nend\\nreturn 0
          a force that allows two writers                    | WRITERS   | FORCE:         | if contested then                                | if false then
          """)
  void breaks_the_guarantee(String what, String rules, String script, String rule, String other)
      throws Exception {
    UnaryOperator<Script> change =
        each -> each.text().startsWith("-- " + script) ? changed(each, rule, other) : each;
    breaks(what, rules(rules), store(change));
  }

  @Test
  void changes_that_are_heard_of_before_they_are_visible_break_the_guarantee() throws Exception {
    breaks("no gate", UNGATED, store(UnaryOperator.identity()));
  }

  @Test
  void changes_that_clear_whatever_is_dirty_hide_writes() throws Exception {
    breaks("any event clears", CLEARED, store(UnaryOperator.identity()));
  }

  @Test
  void echoes_that_are_not_recognised_leave_writes_that_are_old() throws Exception {
    breaks("no echo is recognised", UNRECOGNISED, store(UnaryOperator.identity()));
  }

  private void breaks(String what, Rules rules, FencedStore store) throws Exception {
    Rounds rounds = new Rounds(store, raw, rules, false);
    String violation = rounds.run(seed, UNTIL_BROKEN);
    assertThat(violation).as("%s goes unnoticed, -Dseed=%d", what, seed).isNotNull();
    System.out.println(what + ": " + violation + "\n  (" + rounds.operations() + " operations)");
  }

  private static Rules rules(String name) {
    return switch (name) {
      case "EVICTIONS" -> EVICTIONS;
      case "IMAGES" -> IMAGES;
      case "WIN" -> IMAGES_THAT_WIN;
      default -> WRITERS;
    };
  }

  private static Script changed(Script script, String rule, String other) {
    String text = script.text().replace(rule.replace("\\n", "\n"), other.replace("\\n", "\n"));
    assertThat(text).as("the rule is not in the script").isNotEqualTo(script.text());
    return Script.of(text);
  }

  private FencedStore store(UnaryOperator<Script> change) {
    return new FencedStore(link, () -> Seeds.bytes(random, Layout.TOKEN_LENGTH), change);
  }
}
