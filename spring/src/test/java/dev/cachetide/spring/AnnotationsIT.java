package dev.cachetide.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.cachetide.Leased;
import dev.cachetide.sandbox.SandboxRedis;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;
import reactor.core.publisher.Mono;

/** Spring's annotations on a real Redis, in two applications. */
final class AnnotationsIT {

  private static final AtomicLong IDS = new AtomicLong();
  private static SandboxRedis redis;
  private static World here;
  private static World there;

  private final long id = IDS.incrementAndGet();

  @BeforeAll
  static void start() {
    redis = SandboxRedis.builder().start();
    here = World.on(redis.uri());
    there = World.on(redis.uri());
  }

  @AfterAll
  static void stop() {
    there.close();
    here.close();
    redis.close();
  }

  @AfterEach
  void calm() {
    here.rows().beforeReturn = () -> {};
    there.rows().beforeReturn = () -> {};
    here.fenced("user").resetStats();
    there.fenced("user").resetStats();
  }

  static Stream<Arguments> reads() {
    return Stream.of(
        read("plain", Users::name),
        read("sync", Users::nameInSync),
        read("unless", Users::nameUnlessDraft),
        read("two caches", Users::nameInTwo),
        read("future", (users, id) -> users.nameLater(id).join()),
        read("future, sync", (users, id) -> users.nameLaterInSync(id).join()),
        read("future, complete", (users, id) -> users.nameAtOnce(id).join()),
        read("mono, sync", (users, id) -> users.nameByMonoInSync(id).block()));
  }

  private static Arguments read(String name, BiFunction<Users, Long, String> read) {
    return Arguments.of(Named.of(name, read));
  }

  /** As a worker does when the row has changed, while the method has read it and not returned. */
  private void changes(World world, String name) {
    world.rows().rows.put(id, name);
    there.fenced("user").evict(id);
    there.fenced("copy").evict(id);
  }

  @ParameterizedTest
  @MethodSource("reads")
  void what_was_read_before_an_eviction_is_not_stored_after_it(
      BiFunction<Users, Long, String> read) {
    here.rows().rows.put(id, "old");
    here.rows().beforeReturn = () -> changes(here, "new");
    assertThat(read.apply(here.users(), id)).isEqualTo("old");
    here.rows().beforeReturn = () -> {};
    assertThat(here.fenced("user").get(id)).isEmpty();
    assertThat(read.apply(here.users(), id)).isEqualTo("new");
    assertThat(read.apply(there.users(), id)).isEqualTo("new");
  }

  @Test
  void a_mono_without_sync_answers_rightly_and_stores_nothing_old() {
    what_was_read_before_an_eviction_is_not_stored_after_it(
        (users, id) -> users.nameByMono(id).block());
    Mono<String> unsubscribed = here.users().nameByMono(-id);
    nobodyWaits(-id);
    assertThat(unsubscribed.block()).isNull();
  }

  /** The control: the same call by the same rules, but for who puts the result. */
  @Test
  void a_manager_that_only_passes_get_and_put_on_stores_it() {
    try (World naive = World.on(redis.uri(), World.Naive.class)) {
      naive.rows().rows.put(id, "old");
      naive.rows().beforeReturn = () -> changes(naive, "new");
      assertThat(naive.users().name(id)).isEqualTo("old");
      naive.rows().beforeReturn = () -> {};
      assertThat(naive.users().name(id)).isEqualTo("old");
      assertThat(there.users().name(id)).isEqualTo("old");
    }
  }

  @ParameterizedTest
  @MethodSource("reads")
  void the_second_read_is_answered_by_the_cache_in_either_application(
      BiFunction<Users, Long, String> read) {
    here.rows().rows.put(id, "v");
    int before = here.rows().loads.get();
    assertThat(read.apply(here.users(), id)).isEqualTo("v");
    assertThat(read.apply(here.users(), id)).isEqualTo("v");
    assertThat(read.apply(there.users(), id)).isEqualTo("v");
    assertThat(here.rows().loads.get() - before).isEqualTo(1);
  }

  @ParameterizedTest
  @MethodSource("reads")
  void absence_is_remembered(BiFunction<Users, Long, String> read) {
    int before = here.rows().loads.get();
    assertThat(read.apply(here.users(), id)).isNull();
    assertThat(read.apply(here.users(), id)).isNull();
    assertThat(here.rows().loads.get() - before).isEqualTo(1);
  }

  @Test
  void absence_is_not_remembered_where_so_configured() {
    int before = here.rows().loads.get();
    assertThat(here.users().fleeting(id)).isNull();
    assertThat(here.users().fleeting(id)).isNull();
    assertThat(here.rows().loads.get() - before).isEqualTo(2);
  }

  @ParameterizedTest
  @MethodSource("reads")
  void what_the_method_throws_reaches_the_caller_and_nobody_waits_for_it(
      BiFunction<Users, Long, String> read) {
    here.rows().beforeReturn =
        () -> {
          throw new IllegalStateException("no row today");
        };
    assertThatThrownBy(() -> read.apply(here.users(), id)).hasMessageContaining("no row today");
    nobodyWaits();
  }

  @Test
  void what_unless_keeps_out_is_not_stored_and_nobody_waits_for_it() {
    here.rows().rows.put(id, "draft");
    assertThat(here.users().nameUnlessDraft(id)).isEqualTo("draft");
    nobodyWaits();
  }

  private void nobodyWaits() {
    nobodyWaits(id);
  }

  private static void nobodyWaits(long id) {
    await()
        .untilAsserted(
            () -> {
              try (Leased<Object> free = there.fenced("user").getOrLease(id)) {
                assertThat(free.hit()).isFalse();
              }
            });
    assertThat(there.fenced("user").stats().leaseWaits()).isZero();
  }

  @Test
  void a_condition_that_does_not_hold_goes_by_the_cache() {
    here.rows().rows.put(id, "v");
    assertThat(here.users().nameOfTheNew(id)).isEqualTo("v");
    assertThat(there.fenced("user").get(id)).isEmpty();
  }

  @Test
  void of_two_applications_that_miss_at_once_one_loads() throws Exception {
    here.rows().rows.put(id, "v");
    CountDownLatch loading = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    here.rows().beforeReturn =
        () -> {
          loading.countDown();
          awaited(go);
        };
    int before = there.rows().loads.get();
    var first = CompletableFuture.supplyAsync(() -> here.users().name(id));
    loading.await();
    var second = CompletableFuture.supplyAsync(() -> there.users().name(id));
    await().until(() -> there.fenced("user").stats().leaseWaits() == 1);
    go.countDown();
    assertThat(first.get()).isEqualTo("v");
    assertThat(second.get()).isEqualTo("v");
    assertThat(there.rows().loads).hasValue(before);
  }

  private static void awaited(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void a_method_that_calls_itself_for_the_same_key_does_not_wait_for_itself() {
    here.rows().rows.put(id, "v");
    int[] depth = new int[1];
    here.rows().beforeReturn =
        () -> {
          if (depth[0]++ == 0) {
            assertThat(here.users().name(id)).isEqualTo("v");
          }
        };
    assertThat(here.users().name(id)).isEqualTo("v");
    assertThat(here.fenced("user").stats().leaseWaits()).isZero();
    assertThat(there.fenced("user").get(id)).contains("v");
  }

  @Test
  void a_put_that_the_method_makes_by_hand_is_not_taken_for_its_result() {
    here.rows().rows.put(id, "v");
    here.rows().beforeReturn =
        () -> {
          here.cache("user").put(id, "from somewhere");
          assertThat(there.fenced("user").get(id)).isEmpty();
        };
    assertThat(here.users().name(id)).isEqualTo("v");
    assertThat(here.fenced("user").get(id)).isEmpty();
  }

  @Test
  void a_cache_put_evicts_and_the_next_reader_loads() {
    here.rows().rows.put(id, "old");
    assertThat(here.users().name(id)).isEqualTo("old");
    assertThat(here.users().rename(id, "new")).isEqualTo("new");
    assertThat(there.fenced("user").get(id)).isEmpty();
    assertThat(here.users().name(id)).isEqualTo("new");
  }

  @Test
  void a_cache_put_stores_where_the_word_of_the_caller_is_taken() {
    assertThat(here.users().compute(id, "v")).isEqualTo("v");
    assertThat(there.fenced("computed").get(id)).contains("v");
    assertThat(there.cache("computed").putIfAbsent(id, "other").get()).isEqualTo("v");
    assertThat(there.cache("computed").putIfAbsent(-id, "new")).isNull();
    assertThat(here.cache("computed").get(-id, String.class)).isEqualTo("new");
  }

  @Test
  void an_eviction_is_seen_by_all_and_all_entries_are_those_of_the_cache() {
    here.rows().rows.put(id, "v");
    here.users().nameInTwo(id);
    here.users().change(id, "w");
    assertThat(there.fenced("user").get(id)).isEmpty();
    here.users().name(id);
    here.users().changeAll();
    assertThat(there.fenced("user").get(id)).isEmpty();
    assertThat(there.fenced("copy").get(id)).contains("v");
  }

  @Test
  void what_a_transaction_that_may_have_written_loads_is_not_stored() {
    here.rows().rows.put(id, "v");
    TransactionTemplate writing = new TransactionTemplate(new ThreadTransactions());
    assertThat(writing.<String>execute(status -> here.users().name(id))).isEqualTo("v");
    assertThat(writing.<String>execute(status -> here.users().nameInSync(id))).isEqualTo("v");
    assertThat(writing.<String>execute(status -> here.users().nameLater(id).join())).isEqualTo("v");
    assertThat(there.fenced("user").get(id)).isEmpty();
  }

  @Test
  void what_a_transaction_that_only_reads_loads_is_stored_unless_its_snapshot_is_older() {
    here.rows().rows.put(id, "v");
    TransactionTemplate reading = new TransactionTemplate(new ThreadTransactions());
    reading.setReadOnly(true);
    reading.setIsolationLevel(TransactionDefinition.ISOLATION_REPEATABLE_READ);
    assertThat(reading.<String>execute(status -> here.users().name(id))).isEqualTo("v");
    assertThat(there.fenced("user").get(id)).isEmpty();
    reading.setIsolationLevel(TransactionDefinition.ISOLATION_DEFAULT);
    assertThat(reading.<String>execute(status -> here.users().name(id))).isEqualTo("v");
    assertThat(there.fenced("user").get(id)).contains("v");
  }

  @Test
  void an_eviction_within_a_transaction_is_repeated_after_its_commit() {
    here.rows().rows.put(id, "old");
    new TransactionTemplate(new ThreadTransactions())
        .executeWithoutResult(
            status -> {
              here.users().change(id, "uncommitted");
              there.rows().rows.put(id, "old");
              // a reader outside of the transaction, which rightly stores what it sees
              assertThat(CompletableFuture.supplyAsync(() -> there.users().name(id)).join())
                  .isEqualTo("old");
              assertThat(there.fenced("user").get(id)).contains("old");
            });
    assertThat(there.fenced("user").get(id)).isEmpty();
  }

  @Test
  void without_redis_the_method_answers_and_an_eviction_says_that_it_is_lost() {
    try (World away = World.on("redis://127.0.0.1:1")) {
      away.rows().rows.put(id, "v");
      assertThat(away.users().name(id)).isEqualTo("v");
      assertThat(away.users().nameInSync(id)).isEqualTo("v");
      assertThat(away.users().nameLater(id).join()).isEqualTo("v");
      assertThatThrownBy(() -> away.users().change(id, "w"))
          .hasMessageContaining("cache user: Redis did not confirm the eviction of a key");
      assertThatThrownBy(() -> away.users().changeAll())
          .hasMessageContaining("cache user: Redis did not confirm the eviction of all keys");
    }
  }
}
