package dev.cachetide.internal.fenced;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cachetide.RedisConfig;
import dev.cachetide.internal.redis.RedisLink;
import dev.cachetide.sandbox.SandboxRedis;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What Lua does to numbers and strings: all numbers are doubles, which are exact up to 2^53, and
 * {@code <} on strings asks the locale of the server.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class LuaTrapsIT {

  private static final long[] EDGES = edges();
  private static final int[] SEQUENCES = {0, 1, Integer.MAX_VALUE, Integer.MIN_VALUE, -2, -1};
  private static final Duration LIFE = Duration.ofMinutes(10);

  private SandboxRedis server;
  private RedisLink link;
  private FencedStore store;
  private int keys;

  private static long[] edges() {
    Set<Long> edges = new HashSet<>(Set.of(0L, 1L, 255L, 256L));
    for (int power : new int[] {8, 31, 32, 33, 40, 48, 52, 53, 54, 62, 63, 64}) {
      long edge = power == 64 ? 0 : 1L << power;
      edges.addAll(List.of(edge - 1, edge, edge + 1));
    }
    return edges.stream().mapToLong(Long::longValue).toArray();
  }

  @BeforeAll
  void start() {
    server = SandboxRedis.builder().start();
    link = RedisLink.open(RedisConfig.of(server.uri()).withTimeout(LIFE), () -> {});
    await().until(link::connected);
    store = new FencedStore(link, () -> new byte[Layout.TOKEN_LENGTH]);
  }

  @AfterAll
  void stop() {
    link.close();
    server.close();
  }

  @Test
  void offsets_of_dirty_entries_are_compared_as_unsigned_numbers_of_64_bits() {
    List<CompletableFuture<?>> checks = new ArrayList<>();
    for (long stands : EDGES) {
      for (long comes : EDGES) {
        String key = standing(dirty(stands));
        checks.add(
            check(
                store.putDirty(key, token(1), dirty(comes), LIFE),
                Long.compareUnsigned(stands, comes) < 0,
                "offset %s, then %s",
                stands,
                comes));
      }
    }
    answer(checks);
  }

  @Test
  void an_echo_spares_writes_beyond_its_own_by_unsigned_numbers_of_64_bits() {
    List<CompletableFuture<?>> checks = new ArrayList<>();
    for (long stands : EDGES) {
      for (long comes : EDGES) {
        String key = standing(dirty(stands));
        checks.add(
            check(
                store.evict(key, Spared.after(3, comes)),
                Long.compareUnsigned(stands, comes) > 0 ? 0L : 1L,
                "offset %s, then the echo of %s",
                stands,
                comes));
      }
    }
    answer(checks);
  }

  @Test
  void a_dirty_entry_of_another_partition_is_not_spared_by_an_echo() {
    for (int partition : new int[] {0, 2, 4, Integer.MAX_VALUE, -1}) {
      assertThat(answer(store.evict(standing(dirty(9)), Spared.after(partition, 1)))).isEqualTo(1);
    }
    byte[] last = content().dirty(-1, 9, token(4));
    assertThat(answer(store.evict(standing(last), Spared.after(-1, 8)))).isZero();
  }

  /** Of any type and however it begins; what has lost a byte of its mark is one of those. */
  @Test
  void whatever_is_no_dirty_entry_is_spared_by_nothing() {
    List<String> standing = new ArrayList<>();
    for (int length = 1; length < 100; length++) {
      byte[] text = new byte[length];
      Arrays.fill(text, (byte) 'D');
      standing.add(standing(text));
    }
    for (int at = 18; at < 26; at++) {
      byte[] damaged = dirty(9);
      damaged[at]++;
      standing.add(standing(damaged));
    }
    standing.add(standing(Arrays.copyOf(dirty(9), 25)));
    standing.add(standing(value(Origin.load(0))));
    standing.add("edge:set");
    link.addMember("edge:set", "D");
    for (String key : standing) {
      assertThat(answer(store.evict(key, Spared.PENDING))).as(key).isEqualTo(1);
    }
    assertThat(answer(store.evict("edge:absent", Spared.PENDING))).isZero();
  }

  @Test
  void an_image_takes_the_place_of_no_plain_value_and_leaves_none() {
    byte[] text = "D".repeat(90).getBytes(UTF_8);
    byte[] image = value(Origin.event(1, 1));
    assertThat(answer(store.refresh(standing(text), image, LIFE, 5, Spared.PENDING))).isEqualTo(-1);
    assertThat(answer(store.refresh(standing(dirty(9)), image, LIFE, 5, Spared.PENDING))).isZero();
    assertThat(answer(store.refresh(standing(dirty(9)), image, LIFE, 5, Spared.NONE)))
        .isEqualTo(-1);
  }

  @Test
  void positions_of_events_are_compared_as_unsigned_numbers_of_64_and_32_bits() {
    List<CompletableFuture<?>> checks = new ArrayList<>();
    for (long stands : EDGES) {
      for (long comes : EDGES) {
        checks.add(refreshed(stands, 7, comes, 7, Long.compareUnsigned(stands, comes)));
      }
    }
    for (int stands : SEQUENCES) {
      for (int comes : SEQUENCES) {
        checks.add(
            refreshed(1L << 40, stands, 1L << 40, comes, Integer.compareUnsigned(stands, comes)));
      }
    }
    answer(checks);
  }

  private CompletableFuture<?> refreshed(
      long lsn, int sequence, long newLsn, int newSequence, int order) {
    String key = standing(value(Origin.event(lsn, sequence)));
    return check(
        store.refresh(key, value(Origin.event(newLsn, newSequence)), LIFE, 5, Spared.NONE),
        order < 0 ? 1L : 0L,
        "position %s, then %s",
        lsn + "/" + sequence,
        newLsn + "/" + newSequence);
  }

  @Test
  void transactions_are_placed_in_snapshots_by_unsigned_numbers_of_64_bits() {
    List<CompletableFuture<?>> checks = new ArrayList<>();
    for (long xid : EDGES) {
      for (long xmin : EDGES) {
        for (long xmax : new long[] {xmin, xmin + 1, xmin + (1L << 32), -1}) {
          if (xid != 0 && Long.compareUnsigned(xmin, xmax) <= 0) {
            checks.add(placed(xid, xmin, xmax));
          }
        }
      }
    }
    answer(checks);
  }

  private CompletableFuture<?> placed(long xid, long xmin, long xmax) {
    boolean included = Long.compareUnsigned(xid, xmin) < 0;
    boolean newer = Long.compareUnsigned(xid, xmax) >= 0;
    String key = standing(value(Origin.load(0, xmin, xmax)));
    return check(
        store.refresh(key, value(Origin.event(1, 1)), LIFE, xid, Spared.NONE),
        included ? 0L : newer ? 1L : -1L,
        "xid %s in %s",
        xid,
        Long.toUnsignedString(xmin) + ":" + Long.toUnsignedString(xmax));
  }

  @Test
  void a_transaction_that_is_not_known_is_in_doubt_whatever_the_snapshot() {
    for (long xmin : EDGES) {
      String key = standing(value(Origin.load(0, xmin, -1)));
      assertThat(answer(store.refresh(key, value(Origin.event(1, 1)), LIFE, 0, Spared.NONE)))
          .isEqualTo(-1);
    }
  }

  @Test
  void the_end_of_a_claim_is_an_unsigned_number_of_64_bits() {
    long now = System.currentTimeMillis();
    List<CompletableFuture<?>> checks = new ArrayList<>();
    for (long until : EDGES) {
      checks.add(claimed(until, Long.compareUnsigned(until, now) <= 0));
    }
    checks.add(claimed(now - 60_000, true));
    checks.add(claimed(now + 60_000, false));
    answer(checks);
  }

  private CompletableFuture<?> claimed(long until, boolean free) {
    byte[] entry = value(Origin.load(0));
    ByteBuffer.wrap(entry).putLong(70, until);
    String key = standing(entry);
    return check(
        store.claim(key, token(9), token(2), LIFE),
        free,
        "claimed until %s, now free: %s",
        until,
        free);
  }

  @Test
  void a_claim_is_written_as_it_is_read() {
    String key = standing(value(Origin.load(0)));
    long before = System.currentTimeMillis();
    assertThat(answer(store.claim(key, token(9), token(2), LIFE))).isTrue();
    long until = ByteBuffer.wrap(answer(store.read(key))).getLong(70);
    assertThat(until - LIFE.toMillis()).isBetween(before - 5_000, before + 60_000);
  }

  /** Every byte at every place of a token, and tokens that differ in one bit. */
  @Test
  void tokens_may_hold_any_byte() {
    for (int value = 0; value < 256; value++) {
      byte[] token = new byte[Layout.TOKEN_LENGTH];
      Arrays.fill(token, (byte) value);
      byte[] near = token.clone();
      near[value % near.length] ^= (byte) 0x80;
      goesThrough(token, near);
    }
  }

  private void goesThrough(byte[] token, byte[] near) {
    String key = "token:" + keys++;
    byte[] entry = value(Origin.load(0));
    assertThat(answer(store.lease(key, token, LIFE))).isNull();
    assertThat(store.isLease(answer(store.read(key)), token)).isTrue();
    assertThat(store.isLease(answer(store.read(key)), near)).isFalse();
    assertThat(answer(store.fill(key, near, entry, LIFE))).isFalse();
    assertThat(answer(store.fill(key, token, entry, LIFE))).isTrue();
    assertThat(answer(store.claim(key, near, near, LIFE))).isFalse();
    assertThat(answer(store.claim(key, token(9), token, LIFE))).isTrue();
    assertThat(answer(store.fill(key, near, entry, LIFE))).isFalse();
    assertThat(answer(store.fill(key, token, entry, LIFE))).isTrue();
    assertThat(answer(store.mark(key, token, LIFE))).contains(token);
    assertThat(answer(store.putDirty(key, near, dirty(1), LIFE))).isFalse();
    assertThat(answer(store.putDirty(key, token, dirty(1), LIFE))).isTrue();
    assertThat(answer(store.force(key, token, LIFE))).isTrue();
    assertThat(answer(store.fill(key, near, entry, LIFE))).isFalse();
    assertThat(answer(store.fill(key, token, entry, LIFE))).isTrue();
  }

  /**
   * The machine that runs this has perhaps no locale in which bytes are ordered differently, so the
   * text is what is looked at: both sides of every {@code <} and {@code >} are numbers.
   */
  @ParameterizedTest
  @ValueSource(
      strings = {"fill", "force", "claim", "release", "mark", "put-dirty", "refresh", "evict"})
  void no_script_orders_strings(String name) throws IOException {
    String code = code(name);
    Set<String> numbers = numbers(code);
    String compared = code.replaceAll("(?<!function )compare\\([^()]*\\)", "0");
    Matcher orders =
        Pattern.compile("([\\w#\\])]+)\\s*(<=|>=|<|>)\\s*([\\w#(]+)").matcher(compared);
    while (orders.find()) {
      assertThat(List.of(orders.group(1), orders.group(3)))
          .as("%s: %s", name, orders.group())
          .allMatch(side -> side.matches("\\d+|#\\w+") || numbers.contains(side));
    }
    long signs = compared.chars().filter(each -> each == '<' || each == '>').count();
    long seen = orders.reset().results().count();
    assertThat(signs).as("%s: every order is one that was looked at", name).isEqualTo(seen);
  }

  /**
   * Names that are declared with what yields numbers; parameters of {@code compare} get only such.
   */
  private static Set<String> numbers(String code) {
    Set<String> numbers = new HashSet<>();
    Matcher declared =
        Pattern.compile(
                "local ([\\w, ]+) = (struct\\.unpack|unsigned|compare|tonumber|now \\+)|"
                    + "(local) (length|order)|local function compare\\(([\\w, ]+)\\)")
            .matcher(code);
    while (declared.find()) {
      String names = declared.group(1) != null ? declared.group(1) : declared.group(5);
      numbers.addAll(names == null ? List.of(declared.group(4)) : List.of(names.split(", ")));
    }
    return numbers;
  }

  /** Without comments and without what is quoted. */
  private static String code(String name) throws IOException {
    try (InputStream in = FencedStore.class.getResourceAsStream(name + ".lua")) {
      return new String(in.readAllBytes(), UTF_8)
          .replaceAll("(?m)--.*$", "")
          .replaceAll("'[^'\\n]*'", "''");
    }
  }

  private String standing(byte[] entry) {
    String key = "edge:" + keys++;
    link.set(key, entry, LIFE);
    return key;
  }

  private static byte[] dirty(long offset) {
    return content().dirty(3, offset, token(4));
  }

  private static byte[] value(Origin origin) {
    return content().value(origin, token(9));
  }

  private static Content content() {
    return new Content(new byte[] {1}, false, 1, 1, 0, 0, Map.of());
  }

  private static byte[] token(int fill) {
    byte[] token = new byte[Layout.TOKEN_LENGTH];
    Arrays.fill(token, (byte) fill);
    return token;
  }

  private static CompletableFuture<?> check(
      CompletionStage<?> answer, Object expected, String what, Object... of) {
    return answer
        .thenAccept(actual -> assertThat((Object) actual).as(what, of).isEqualTo(expected))
        .toCompletableFuture();
  }

  private static void answer(List<CompletableFuture<?>> all) {
    assertThat(all).isNotEmpty();
    all.forEach(LuaTrapsIT::answer);
  }

  private static <T> T answer(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(30, TimeUnit.SECONDS).join();
  }
}
