package dev.cachetide.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The user service on real servers, with the pipeline running. Each test has users of its own. */
final class UserServiceIT {

  private static EmbeddedShop shop;
  private static UserService users;

  @BeforeAll
  static void start() throws Exception {
    Awaitility.setDefaultTimeout(Duration.ofSeconds(30));
    Awaitility.setDefaultPollInterval(Duration.ofMillis(5));
    shop = EmbeddedShop.start();
    users = new UserService(shop.client(), shop.database());
  }

  @AfterAll
  static void stop() {
    Awaitility.reset();
    shop.close();
  }

  @Test
  void an_address_changed_by_sql_frees_the_old_one_and_finds_the_user_by_the_new_one()
      throws Exception {
    assertThat(users.byEmail("customer1001@example.com")).map(User::id).contains(1_001L);
    assertThat(users.byEmail("new@example.com")).isEmpty();

    shop.execute("UPDATE users SET email = 'new@example.com' WHERE id = 1001");

    Awaitility.await()
        .untilAsserted(
            () -> {
              assertThat(users.byEmail("customer1001@example.com")).isEmpty();
              assertThat(users.byEmail("new@example.com")).map(User::id).contains(1_001L);
              assertThat(users.byId(1_001)).map(User::email).contains("new@example.com");
            });
  }

  @Test
  void whoever_changes_an_address_here_finds_it_changed_at_once() throws Exception {
    assertThat(users.byEmail("mine@example.com")).isEmpty();
    for (int i = 0; i < 20; i++) {
      String before = users.byId(1_002).orElseThrow().email();
      String now = i % 2 == 0 ? "mine@example.com" : "customer1002@example.com";

      users.changeEmail(1_002, now);

      assertThat(users.byId(1_002)).map(User::email).contains(now);
      assertThat(users.byEmail(now)).map(User::id).contains(1_002L);
      assertThat(users.byEmail(before)).isEmpty();
    }
  }

  @Test
  void an_address_that_changes_hands_finds_its_new_owner() throws Exception {
    assertThat(users.byEmail("customer1003@example.com")).map(User::id).contains(1_003L);

    shop.execute(
        """
        BEGIN;
        UPDATE users SET email = 'former@example.com' WHERE id = 1003;
        UPDATE users SET email = 'customer1003@example.com' WHERE id = 1004;
        COMMIT
        """);

    Awaitility.await()
        .untilAsserted(
            () ->
                assertThat(users.byEmail("customer1003@example.com"))
                    .map(User::id)
                    .contains(1_004L));
  }

  @Test
  void many_are_read_at_once_whether_cached_or_not_and_the_missing_are_left_out() {
    users.byId(1_010);
    List<Long> ids = LongStream.rangeClosed(1_010, 1_019).boxed().toList();
    List<Long> asked = new ArrayList<>(ids);
    asked.add(999_999L);

    for (int i = 0; i < 2; i++) {
      Map<Long, User> found = users.byIds(asked);

      assertThat(found.keySet()).containsExactlyInAnyOrderElementsOf(ids);
      found.forEach((id, user) -> assertThat(user.id()).isEqualTo(id));
    }
  }

  @Test
  void a_user_who_is_not_there_is_found_once_inserted_and_not_once_deleted() throws Exception {
    assertThat(users.byId(3_000)).isEmpty();
    shop.execute("INSERT INTO users (id, name) VALUES (3000, 'New')");
    Awaitility.await().until(() -> users.byId(3_000).isPresent());
    shop.execute("DELETE FROM users WHERE id = 3000");
    Awaitility.await().until(() -> users.byId(3_000).isEmpty());
  }

  @Test
  void writers_and_readers_at_once_leave_what_the_database_holds() throws Exception {
    List<Callable<Void>> tasks = new ArrayList<>();
    for (int task = 0; task < 8; task++) {
      int number = task;
      tasks.add(
          () -> {
            for (int i = 0; i < 25; i++) {
              if (number < 3) {
                users.changeEmail(1_020, "writer" + number + "." + i + "@example.com");
              } else {
                users.byId(1_020);
              }
            }
            return null;
          });
    }
    Together.run(tasks);
    User row = new UserRows(shop.database()).byId(1_020);

    Awaitility.await().untilAsserted(() -> assertThat(users.byId(1_020)).contains(row));
    Awaitility.await().untilAsserted(() -> assertThat(users.byEmail(row.email())).contains(row));
  }

  @Test
  void a_user_who_is_not_there_cannot_change_address() {
    assertThatThrownBy(() -> users.changeEmail(999_999, "nobody@example.com"))
        .isInstanceOf(NoSuchElementException.class);
    assertThat(users.byEmail("nobody@example.com")).isEmpty();
  }
}
