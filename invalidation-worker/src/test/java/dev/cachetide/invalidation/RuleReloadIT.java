package dev.cachetide.invalidation;

import static dev.cachetide.invalidation.Envelopes.touched;
import static dev.cachetide.invalidation.Envelopes.user;
import static dev.cachetide.invalidation.Pipeline.rule;
import static dev.cachetide.invalidation.Servers.within;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.MissingNode;
import dev.cachetide.runtime.Outcome;
import dev.cachetide.runtime.settings.InvalidationSettings.Source;
import dev.cachetide.runtime.settings.LimitSettings;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.runtime.settings.RefreshSettings;
import dev.cachetide.runtime.settings.RefreshSettings.As;
import dev.cachetide.runtime.settings.RefreshSettings.Column;
import dev.cachetide.runtime.settings.RefreshSettings.Mode;
import dev.cachetide.runtime.settings.RuleSettings;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Rules that change while entries are cached, on real servers. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
final class RuleReloadIT {

  private static final RuleSettings BY_ID = rule("users", "user:{id}");
  private static final RuleSettings BY_ID_AND_MAIL = rule("users", "user:{id}", "mail:{email}");

  private Servers servers;

  @BeforeAll
  void startServers() throws Exception {
    servers = Servers.start();
  }

  @AfterAll
  void stopServers() {
    servers.close();
  }

  @BeforeEach
  void empty() {
    servers.redis().flushall();
  }

  private Pipeline pipeline(String name, RuleSettings... rules) throws Exception {
    return new Pipeline(servers, name, Source.CACHETIDE, rules).started();
  }

  /** The change of user 1 is read by the rules that know no {@code mail:} key. */
  private void makeStale(Pipeline pipeline) {
    servers.cache("user:1", "mail:a", "unnamed");
    pipeline.emit("users", touched(user(1, "a")));
    pipeline.awaitCached("mail:a", "unnamed");
  }

  @Test
  void an_entry_that_the_old_rules_let_go_stale_does_not_survive_a_reload() throws Exception {
    try (Pipeline pipeline = pipeline("reload", BY_ID)) {
      makeStale(pipeline);
      int before = pipeline.generation();

      assertThat(pipeline.reload(BY_ID_AND_MAIL)).isEmpty();

      pipeline.awaitCached("unnamed");
      assertThat(pipeline.generation()).isEqualTo(before + 1);
      servers.cache("user:2", "mail:b");
      pipeline.emit("users", touched(user(2, "b")));
      pipeline.awaitCached("unnamed");
    }
  }

  @Test
  void an_entry_that_the_old_rules_let_go_stale_does_not_survive_a_restart() throws Exception {
    try (Pipeline pipeline = pipeline("restart", BY_ID)) {
      makeStale(pipeline);
      int before = pipeline.generation();

      pipeline.restartWorker(BY_ID_AND_MAIL);

      pipeline.awaitCached("unnamed");
      within(20).until(() -> pipeline.generation() == before + 1);
    }
  }

  private static RuleChange.Flush leftOut(RuleChange.Flush flush) {
    return plan -> Outcome.applied();
  }

  @Test
  void without_the_eviction_such_an_entry_does_survive_both() throws Exception {
    try (Pipeline pipeline =
        new Pipeline(servers, "control", Source.CACHETIDE, RuleReloadIT::leftOut, BY_ID)
            .started()) {
      makeStale(pipeline);
      pipeline.reload(BY_ID_AND_MAIL);
      servers.cache("mail:b");
      pipeline.emit("users", touched(user(2, "b")));
      pipeline.awaitCached("mail:a", "unnamed");

      pipeline.restartWorker(BY_ID);
      makeStale(pipeline);
      pipeline.restartWorker(BY_ID_AND_MAIL);
      servers.cache("mail:b");
      pipeline.emit("users", touched(user(2, "b")));
      pipeline.awaitCached("mail:a", "unnamed");
    }
  }

  @Test
  void the_same_rules_make_nothing_leave() throws Exception {
    try (Pipeline pipeline = pipeline("same", BY_ID)) {
      servers.cache("user:1", "user:2");
      pipeline.emit("users", touched(user(1, "a")));
      pipeline.awaitCached("user:2");
      int before = pipeline.generation();

      assertThat(pipeline.reload(BY_ID)).isEmpty();
      pipeline.restartWorker();
      servers.cache("user:1");
      pipeline.emit("users", touched(user(1, "a")));

      pipeline.awaitCached("user:2");
      assertThat(pipeline.generation()).isEqualTo(before);
    }
  }

  @Test
  void rules_that_do_not_fit_the_catalogue_change_nothing() throws Exception {
    try (Pipeline pipeline = pipeline("misfit", BY_ID)) {
      servers.cache("user:1", "user:2");

      assertThat(pipeline.reload(rule("users", "user:{id}", "x:{emial}")))
          .extracting(Problem::fix)
          .singleElement()
          .asString()
          .contains("email");

      pipeline.emit("users", touched(user(1, "a")));
      pipeline.awaitCached("user:2");
    }
  }

  @Test
  void a_table_that_reloaded_rules_name_is_read_from_its_beginning() throws Exception {
    try (Pipeline pipeline = pipeline("joins", BY_ID)) {
      servers.createTopic(pipeline.names.changeTopic("public", "orders"));
      servers.cache("order:1", "order:2", "user:1");

      assertThat(pipeline.reload(BY_ID, rule("orders", "order:{id}"))).isEmpty();

      pipeline.awaitCached("user:1");
      servers.cache("order:1", "order:2");
      pipeline.emit("orders", touched(user(1, null)));
      pipeline.awaitCached("order:2", "user:1");
    }
  }

  @Test
  void a_reloaded_rule_puts_rows_of_a_table_that_no_rule_named_before() throws Exception {
    RuleSettings orders = rule("orders", "order:{id}");
    try (Pipeline pipeline = pipeline("puts", orders)) {
      servers.createTopic(pipeline.names.changeTopic("public", "users"));
      assertThat(pipeline.reload(orders, mirrored("user*"))).isEmpty();

      pipeline.emit(
          "users",
          "{\"op\":\"u\",\"before\":{\"id\":1,\"email\":\"a\"},"
              + "\"after\":{\"id\":1,\"email\":\"b\"},\"source\":{\"lsn\":7}}");

      within(20).until(() -> "{\"id\":1,\"email\":\"b\"}".equals(servers.redis().get("row:1")));
    }
  }

  private static RuleSettings mirrored(String table) {
    return new RuleSettings(
        "rules[1]",
        "mirrored",
        "public",
        table,
        MissingNode.getInstance(),
        List.of(),
        List.of(),
        false,
        false,
        LimitSettings.DEFAULT,
        List.of(
            new RefreshSettings(
                "rules[1].refresh[0]",
                "row:{id}",
                Mode.MIRROR,
                List.of(new Column("id", "id"), new Column("email", "email")),
                As.JSON,
                null,
                null,
                Duration.ofMinutes(10),
                null,
                0,
                false,
                null)));
  }

  @Test
  void a_table_made_later_that_a_glob_matches_joins_without_a_restart() throws Exception {
    servers.execute(
        "CREATE SCHEMA shelf",
        "CREATE TABLE shelf.book_old (id int PRIMARY KEY)",
        "CREATE TABLE shelf.parts (id int PRIMARY KEY) PARTITION BY RANGE (id)");
    RuleSettings books =
        new RuleSettings("rules[0]", "books", "shelf", "book_*", rule("x", "book:{id}").evict());
    try (Pipeline pipeline = new Pipeline(servers, "globs", Source.CACHETIDE, books)) {
      servers.createTopic(pipeline.names.changeTopic("shelf", "book_old"));
      pipeline.started();
      servers.cache("book:1", "book:2");
      emit(pipeline, "book_old", 1);
      pipeline.awaitCached("book:2");

      servers.execute("CREATE TABLE shelf.book_new (id int PRIMARY KEY)");
      servers.createTopic(pipeline.names.changeTopic("shelf", "book_new"));
      within(20).until(() -> servers.cached().isEmpty());
      servers.cache("book:7", "book:8");
      emit(pipeline, "book_new", 7);
      pipeline.awaitCached("book:8");
    }
  }

  private void emit(Pipeline pipeline, String table, int id) {
    pipeline.emit("shelf", table, touched(user(id, null)));
  }
}
