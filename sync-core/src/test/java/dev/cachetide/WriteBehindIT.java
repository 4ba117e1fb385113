package dev.cachetide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.cachetide.sandbox.Sandbox;
import dev.cachetide.wire.WriteCommand;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The cache's side of a write that Postgres gets later, on a real Kafka and Redis. */
final class WriteBehindIT {

  private static Sandbox sandbox;
  private static Beats beats;
  private static Cachetide client;

  @BeforeAll
  static void start() throws Exception {
    sandbox = Sandbox.builder().withoutPostgres().start();
    Map<String, Object> kafka = Map.of("bootstrap.servers", sandbox.kafka().bootstrapServers());
    try (Admin admin = Admin.create(kafka)) {
      admin.createTopics(List.of(new NewTopic("shop.writes", 2, (short) 1))).all().get();
    }
    beats = new Beats(sandbox.redis().uri(), "shop");
    client = open(kafka);
  }

  private static Cachetide open(Map<String, Object> kafka) {
    Cachetide opened =
        Cachetide.builder().redis(sandbox.redis().uri()).pipeline("shop").kafka(kafka).build();
    await().atMost(Duration.ofSeconds(15)).until(opened::trusted);
    return opened;
  }

  @AfterAll
  static void stop() {
    client.close();
    beats.close();
    sandbox.close();
  }

  private static Cache<Long, User> users(Cachetide client, String name) {
    return client
        .<Long, User>cache(name, Codec.json(User.class))
        .loader(key -> new User(key, "in postgres"))
        .build();
  }

  private static WriteCommand set(long id, String email) {
    return WriteCommand.upsert("public.users", Map.of("id", id), Map.of("email", email));
  }

  @Test
  void a_write_is_seen_at_once_and_its_receipt_says_where_kafka_put_it() {
    Cache<Long, User> users = users(client, "put");
    Receipt first = users.writeBehind().put(1L, set(1, "a@x"), new User(1, "a@x"));
    assertThat(first.visible()).isTrue();
    assertThat(users.load(1L)).contains(new User(1, "a@x"));
    Receipt second = users.writeBehind().put(1L, set(1, "b@x").withId("mine"), new User(1, "b@x"));
    assertThat(second.writeId()).isEqualTo("mine");
    assertThat(second.partition()).isEqualTo(first.partition());
    assertThat(second.offset()).isGreaterThan(first.offset());
    assertThat(users.load(1L)).contains(new User(1, "b@x"));
  }

  @Test
  void a_partial_update_shows_what_is_cached_changed() {
    Cache<Long, User> users = users(client, "update");
    users.load(1L);
    WriteCommand delta = WriteCommand.delta("public.users", Map.of("id", 1), Map.of("stock", -1));
    Receipt receipt =
        users
            .writeBehind()
            .update(1L, delta, user -> new User(user.id(), user.email(), user.stock() - 1));
    assertThat(receipt.visible()).isTrue();
    assertThat(users.load(1L)).contains(new User(1, "in postgres", -1));
    assertThat(users.writeBehind().update(2L, delta, user -> user).visible()).isFalse();
    assertThat(users.load(2L)).contains(new User(2, "in postgres"));
  }

  @Test
  void a_deletion_is_seen_at_once() {
    Cache<Long, User> users = users(client, "delete");
    users.load(1L);
    WriteCommand deletion = WriteCommand.delete("public.users", Map.of("id", 1));
    assertThat(users.writeBehind().delete(1L, deletion).visible()).isTrue();
    assertThat(users.load(1L)).isEmpty();
  }

  @Test
  void a_value_whose_echo_was_faster_than_kafkas_answer_is_not_shown_after_it() {
    Cache<Long, User> users = users(client, "echo");
    users.load(1L);
    Receipt receipt =
        users
            .writeBehind()
            .update(
                1L,
                set(1, "a@x"),
                user -> {
                  users.evict(1L);
                  return new User(1, "a@x");
                });
    assertThat(receipt.visible()).isFalse();
    assertThat(users.load(1L)).contains(new User(1, "in postgres"));
  }

  @Test
  void other_names_follow_a_write_that_is_shown() {
    Cache<Long, User> users = users(client, "named");
    Alias<String, User> byEmail =
        users.alias("named:email:", User::email, Codec.json(Long.class), email -> null);
    assertThat(byEmail.get("a@x")).isEmpty();
    users.writeBehind().put(1L, set(1, "a@x"), new User(1, "a@x"));
    assertThat(byEmail.get("a@x")).contains(new User(1, "a@x"));
  }

  @Test
  void if_kafka_does_not_accept_it_the_write_fails_and_the_cache_is_as_before() {
    try (Cachetide cut =
        open(
            Map.of(
                "bootstrap.servers", "127.0.0.1:" + sandbox.redis().port(), "max.block.ms", 300))) {
      Cache<Long, User> users = users(cut, "refused");
      users.load(1L);
      assertThatThrownBy(() -> users.writeBehind().put(1L, set(1, "a@x"), new User(1, "a@x")))
          .isInstanceOf(WriteRefusedException.class);
      assertThatThrownBy(() -> users.writeBehind().put(2L, set(2, "a@x"), new User(2, "a@x")))
          .isInstanceOf(WriteRefusedException.class);
      assertThat(users.get(1L)).contains(new User(1, "in postgres"));
      long start = System.nanoTime();
      assertThat(users.load(2L)).contains(new User(2, "in postgres"));
      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .as("nobody waits for the mark")
          .isLessThan(Duration.ofSeconds(1));
    }
  }
}
