package dev.cachetide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** Users by id and by e-mail; the database is a map. */
final class AliasIT {

  private static final RedisWorld WORLD = RedisWorld.start();

  @AfterAll
  static void stop() {
    WORLD.close();
  }

  private static final AtomicInteger NAMES = new AtomicInteger();

  private final String name = "users" + NAMES.incrementAndGet();
  private final String mails = name + ":email:";
  private final Map<Long, User> table = new ConcurrentHashMap<>();
  private final AtomicInteger resolved = new AtomicInteger();
  private final Cache<Long, User> users =
      WORLD.client.<Long, User>cache(name, Codec.json(User.class)).loader(table::get).build();
  private final Alias<String, User> byEmail =
      users.alias(mails, User::email, Codec.json(Long.class), this::idOf);

  private Long idOf(String email) {
    resolved.incrementAndGet();
    return table.values().stream()
        .filter(user -> user.email().equals(email))
        .map(User::id)
        .findAny()
        .orElse(null);
  }

  private User insert(long id, String email) {
    User user = new User(id, email);
    table.put(id, user);
    return user;
  }

  @Test
  void a_value_is_found_by_its_other_name() {
    User ann = insert(1, "ann@x");
    assertThat(byEmail.get("ann@x")).contains(ann);
    assertThat(byEmail.get("ann@x")).contains(ann);
    assertThat(resolved).hasValue(1);
    assertThat(byEmail.get("nobody@x")).isEmpty();
    assertThat(byEmail.get("nobody@x")).isEmpty();
    assertThat(resolved).hasValue(2);
  }

  @Test
  void loading_by_one_name_fills_all() {
    User ann = insert(1, "ann@x");
    assertThat(users.load(1L)).contains(ann);
    await().until(() -> WORLD.raw.exists(mails + "ann@x") == 1);
    assertThat(byEmail.get("ann@x")).contains(ann);
    assertThat(resolved).hasValue(0);
    insert(2, "bob@x");
    users.getAllOrLoad(java.util.List.of(2L), keys -> Map.of(2L, table.get(2L)));
    await().until(() -> WORLD.raw.exists(mails + "bob@x") == 1);
  }

  @Test
  void a_changed_name_is_found_at_once_and_the_old_one_no_longer() throws Exception {
    insert(1, "old@x");
    assertThat(byEmail.get("old@x")).isPresent();
    assertThat(byEmail.get("new@x")).isEmpty();
    User changed = users.writeThrough(1L, () -> insert(1, "new@x"));
    assertThat(byEmail.get("new@x")).contains(changed);
    assertThat(byEmail.get("old@x")).isEmpty();
  }

  @Test
  void a_field_update_moves_the_name_too() throws Exception {
    insert(1, "old@x");
    assertThat(byEmail.get("old@x")).isPresent();
    assertThat(byEmail.get("new@x")).isEmpty();
    users.updateField(1L, FieldChange.set("/email", "new@x"), () -> insert(1, "new@x"));
    assertThat(byEmail.get("new@x")).contains(new User(1, "new@x"));
    assertThat(byEmail.get("old@x")).isEmpty();
  }

  @Test
  void evicting_a_value_takes_its_names_away() throws Exception {
    insert(1, "ann@x");
    byEmail.get("ann@x");
    assertThat(users.evict(1L)).isTrue();
    assertThat(WORLD.raw.exists(mails + "ann@x")).isZero();
    byEmail.get("ann@x");
    users.deleteThrough(1L, () -> table.remove(1L));
    assertThat(WORLD.raw.exists(mails + "ann@x")).isZero();
    assertThat(byEmail.get("ann@x")).isEmpty();
  }

  @Test
  void a_pointer_that_is_wrong_costs_a_load_and_nothing_else() {
    User ann = insert(1, "ann@x");
    insert(2, "bob@x");
    Cache<String, Long> pointers =
        WORLD.client.<String, Long>cache("wrong", Codec.json(Long.class)).prefix(mails).build();
    pointers.put("ann@x", 2L);
    assertThat(byEmail.get("ann@x")).contains(ann);
    pointers.put("ann@x", 3L);
    assertThat(byEmail.get("ann@x")).contains(ann);
    pointers.put("bob@x", 1L);
    table.remove(2L);
    users.evict(2L);
    assertThat(byEmail.get("bob@x")).isEmpty();
  }

  @Test
  void a_value_that_is_behind_its_pointer_is_loaded_again() {
    insert(1, "old@x");
    users.load(1L);
    // changed by somebody else, and the eviction of the user has not come yet
    User moved = insert(1, "new@x");
    assertThat(byEmail.get("new@x")).contains(moved);
  }

  @Test
  void whatever_moves_nobody_is_ever_shown_under_a_name_that_is_not_theirs() throws Exception {
    insert(1, "shared@x");
    insert(2, "other@x");
    AtomicBoolean moving = new AtomicBoolean(true);
    AtomicInteger found = new AtomicInteger();
    CompletableFuture<?>[] readers =
        Stream.generate(() -> CompletableFuture.runAsync(() -> readWhile(moving, found)))
            .limit(3)
            .toArray(CompletableFuture<?>[]::new);
    for (int i = 0; i < 200; i++) {
      long from = 1L + i % 2;
      long to = 3 - from;
      users.writeThrough(from, () -> insert(from, "other@x"));
      users.writeThrough(to, () -> insert(to, "shared@x"));
    }
    moving.set(false);
    CompletableFuture.allOf(readers).get();
    assertThat(found).hasPositiveValue();
    assertThat(byEmail.get("shared@x")).contains(new User(1, "shared@x"));
    assertThat(byEmail.get("other@x")).contains(new User(2, "other@x"));
  }

  private void readWhile(AtomicBoolean moving, AtomicInteger found) {
    while (moving.get()) {
      Optional<User> user = byEmail.get("shared@x");
      assertThat(user.map(User::email).orElse("shared@x")).isEqualTo("shared@x");
      found.addAndGet(user.isPresent() ? 1 : 0);
    }
  }

  @Test
  void it_needs_a_loader_for_the_values() {
    Cache<Long, User> unbound =
        WORLD.client.<Long, User>cache("unbound", Codec.json(User.class)).build();
    assertThatThrownBy(
            () -> unbound.alias("u:", User::email, Codec.json(Long.class), email -> null))
        .isInstanceOf(IllegalStateException.class);
  }
}
