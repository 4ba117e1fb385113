package dev.cachetide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** An inventory count; the database is a number. */
final class FieldUpdateIT {

  private static final RedisWorld WORLD = RedisWorld.start();

  @AfterAll
  static void stop() {
    WORLD.close();
  }

  private static final FieldChange ONE_LESS = FieldChange.add("/stock", -1);

  private final AtomicInteger stock = new AtomicInteger(100);

  private Cache<Long, User> items(String name) {
    return WORLD
        .client
        .<Long, User>cache(name, Codec.json(User.class))
        .loader(key -> new User(key, "item", stock.get()))
        .build();
  }

  @Test
  void a_count_changes_in_place_and_nobody_loads() throws Exception {
    Cache<Long, User> items = items("count");
    items.load(1L);
    long ttl = WORLD.raw.pttl("count:1");
    boolean kept =
        items.updateField(
            1L,
            ONE_LESS,
            () -> {
              assertThat(items.get(1L)).as("not hidden meanwhile").isPresent();
              return stock.decrementAndGet();
            });
    assertThat(kept).isTrue();
    assertThat(items.get(1L)).contains(new User(1, "item", 99));
    assertThat(WORLD.raw.pttl("count:1")).as("the life stays").isLessThanOrEqualTo(ttl);
    assertThat(items.stats().loads()).isEqualTo(1);
  }

  @Test
  void what_was_evicted_meanwhile_or_is_not_cached_or_has_no_such_field_is_evicted()
      throws Exception {
    Cache<Long, User> items = items("cannot");
    items.load(1L);
    boolean kept = items.updateField(1L, ONE_LESS, () -> WORLD.raw.unlink("cannot:1"));
    assertThat(kept).isFalse();
    assertThat(items.updateField(2L, ONE_LESS, stock::decrementAndGet)).isFalse();
    items.load(3L);
    assertThat(items.updateField(3L, FieldChange.add("/email", 1), () -> 0)).isFalse();
    assertThat(WORLD.raw.exists("cannot:1", "cannot:2", "cannot:3")).isZero();
  }

  @Test
  void a_write_that_fails_evicts_and_reaches_the_caller() {
    Cache<Long, User> items = items("fails");
    items.load(1L);
    assertThatThrownBy(
            () ->
                items.updateField(
                    1L,
                    ONE_LESS,
                    () -> {
                      throw new SQLException("no");
                    }))
        .isInstanceOf(SQLException.class);
    assertThat(WORLD.raw.exists("fails:1")).isZero();
  }

  @Test
  void when_all_have_sold_the_cached_count_is_absent_or_the_databases() {
    Cache<Long, User> items = items("sold");
    CompletableFuture<?>[] sellers =
        Stream.generate(
                () ->
                    CompletableFuture.runAsync(
                        () -> {
                          for (int i = 0; i < 20; i++) {
                            sell(items);
                          }
                        }))
            .limit(4)
            .toArray(CompletableFuture<?>[]::new);
    CompletableFuture.allOf(sellers).join();
    assertThat(stock).hasValue(20);
    assertThat(items.get(1L).map(User::stock).orElse(20)).isEqualTo(20);
  }

  private void sell(Cache<Long, User> items) {
    try {
      items.load(1L);
      items.updateField(1L, ONE_LESS, stock::decrementAndGet);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
