package dev.cachetide.invalidation;

import static dev.cachetide.invalidation.Envelopes.touched;
import static dev.cachetide.invalidation.Envelopes.user;
import static dev.cachetide.invalidation.Envelopes.withSchema;
import static dev.cachetide.invalidation.Pipeline.header;
import static dev.cachetide.invalidation.Pipeline.item;
import static dev.cachetide.invalidation.Pipeline.rule;
import static dev.cachetide.invalidation.Servers.within;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.runtime.settings.InvalidationSettings.Source;
import dev.cachetide.runtime.settings.RuleSettings.Kind;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Events that a topic really holds, to keys that Redis really holds. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
final class EvictionIT {

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

  @Test
  void hostile_values_evict_their_own_keys_and_no_others() throws Exception {
    Map<@Nullable String, String> written = new LinkedHashMap<>();
    written.put("*", "*");
    written.put("a*", "a*");
    written.put("?", "?");
    written.put("[a-z]", "[a-z]");
    written.put("\\", "\\");
    written.put("{", "{");
    written.put("}", "}");
    written.put("a:b", "a%3Ab");
    written.put("it's \"it\"", "it's \"it\"");
    written.put("a\nb", "a\nb");
    written.put("🌊", "🌊");
    written.put("%", "%25");
    written.put("%00", "%2500");
    written.put("null", "null");
    written.put("", "");
    written.put(null, "%00");
    String[] others = {
      "user:a:x", "user:ab:x", "user:abc:x", "user:z:x", "user:NULL:x", "user::y", "user:a:b:x"
    };
    try (Pipeline pipeline = cachetide("hostile", "user:{email}:x").started()) {
      written.values().forEach(value -> servers.cache("user:" + value + ":x"));
      servers.cache(others);
      written.keySet().forEach(value -> pipeline.emit("users", touched(user(1, value))));
      pipeline.awaitCached(others);
    }
  }

  @Test
  void nothing_is_lost_while_redis_is_cut_off_under_load() throws Exception {
    try (Pipeline pipeline = cachetide("cut", "user:{id}").started()) {
      for (int id = 0; id < 3_000; id++) {
        servers.cache("user:" + id);
      }
      servers.cache("user:untouched");
      touchAll(pipeline, 0, 1_000);
      servers.redisProxy.cut();
      touchAll(pipeline, 1_000, 2_000);
      within(20).until(() -> !pipeline.worker.readiness().ready());
      assertThat(pipeline.worker.readiness().reason()).contains("Redis");
      assertThat(servers.cached()).contains("user:1999", "user:untouched");
      servers.redisProxy.restore();
      touchAll(pipeline, 2_000, 3_000);
      pipeline.awaitCached("user:untouched");
      within(20).until(() -> pipeline.worker.readiness().ready());
    }
  }

  @Test
  void a_redis_that_is_away_is_noticed_without_any_event() throws Exception {
    try (Pipeline pipeline = cachetide("quiet", "user:{id}").started()) {
      servers.redisProxy.cut();
      within(20).until(() -> !pipeline.worker.readiness().ready());
      servers.redisProxy.restore();
      within(20).until(() -> pipeline.worker.readiness().ready());
    }
  }

  private static void touchAll(Pipeline pipeline, int from, int to) {
    for (int id = from; id < to; id++) {
      pipeline.emit("users", touched(user(id, null)));
    }
  }

  @Test
  void poison_widens_to_its_table_and_is_parked_and_the_good_around_it_take_effect()
      throws Exception {
    List<String> poison =
        List.of(
            "",
            "no json",
            "{\"op\":\"u\"",
            "[]",
            "null",
            "7",
            "\"op\"",
            "{}",
            "{\"op\":7}",
            "{\"op\":\"x\",\"after\":{\"id\":1}}",
            "{\"op\":\"u\",\"after\":null}",
            "{\"op\":\"d\",\"after\":{\"id\":1}}",
            "{\"op\":\"c\",\"after\":[1]}",
            "{\"op\":\"c\",\"after\":{\"name\":\"x\"}}",
            "{\"schema\":{},\"payload\":{\"op\":\"c\"}}",
            "{\"op\":\"c\",\"after\":{\"id\":1}} trailing");
    try (Pipeline pipeline =
        new Pipeline(
                servers,
                "poison",
                Source.CACHETIDE,
                rule("users", "user:{id}"),
                rule("orders", "order:{id}"))
            .started()) {
      servers.cache("order:1", "order:2", "user:77", "session:1");
      pipeline.emit("orders", touched(user(1, null)));
      poison.forEach(value -> pipeline.emit("users", value));
      List<ConsumerRecord<byte[], byte[]>> letters = pipeline.deadLetters(poison.size());
      assertThat(letters).hasSize(poison.size());
      assertThat(letters).allSatisfy(EvictionIT::assertTold);
      pipeline.awaitCached("order:2", "session:1");
      servers.cache("user:78", "user:79");
      pipeline.emit("users", touched(user(78, null)));
      pipeline.awaitCached("order:2", "session:1", "user:79");
    }
  }

  private static void assertTold(ConsumerRecord<byte[], byte[]> letter) {
    assertThat(header(letter, "topic")).isEqualTo("poison.public.users");
    assertThat(header(letter, "offset")).matches("\\d+");
    assertThat(header(letter, "stage")).isIn("decode", "plan");
    assertThat(header(letter, "exception.class.name")).endsWith("MalformedEvent");
    assertThat(header(letter, "exception.message")).isNotEmpty();
  }

  @Test
  void an_event_names_the_same_keys_with_and_without_its_schema() throws Exception {
    String plain = "{\"id\":7,\"amount\":\"12.30\",\"raw\":\"cafe\"}";
    String typed = "{\"id\":7,\"amount\":\"BM4=\",\"raw\":\"yv4=\"}";
    String fields =
        "{\"type\":\"int64\",\"field\":\"id\"},{\"type\":\"bytes\",\"field\":\"amount\",\"name\":"
            + "\"org.apache.kafka.connect.data.Decimal\",\"parameters\":{\"scale\":\"2\"}},"
            + "{\"type\":\"bytes\",\"field\":\"raw\"}";
    String envelope = "{\"op\":\"c\",\"source\":{},\"after\":";
    try (Pipeline pipeline = cachetide("schemas", "u:{id}:{amount}:{raw}").started()) {
      for (String event :
          List.of(
              envelope + plain + "}",
              withSchema("", envelope + plain + "}"),
              withSchema(fields, envelope + typed + "}"))) {
        servers.cache("u:7:12.30:cafe", "u:7:12.3:cafe", "u:7:12.30:CAFE");
        pipeline.emit("users", event);
        pipeline.awaitCached("u:7:12.3:cafe", "u:7:12.30:CAFE");
      }
      assertThat(pipeline.registry.counter("cachetide.invalidation.keys.requested").count())
          .isEqualTo(3);
    }
  }

  @Test
  void entries_that_an_old_dump_brings_back_leave_without_any_event() throws Exception {
    try (Pipeline pipeline = cachetide("restored", "user:{id}").started()) {
      servers.cache("user:1", "user:2", "session:1");
      servers.redis().save();
      touchAll(pipeline, 1, 3);
      pipeline.awaitCached("session:1");
      servers.redisProxy.cut();
      servers.sandbox.redis().killHard();
      servers.sandbox.redis().start();
      within(10).ignoreExceptions().until(() -> servers.cached().contains("user:1"));
      servers.redisProxy.restore();
      pipeline.awaitCached("session:1");
    }
  }

  @Test
  void a_bumped_generation_makes_everything_leave_that_the_rules_name() throws Exception {
    try (Pipeline pipeline =
        new Pipeline(
                servers,
                "gap",
                Source.CACHETIDE,
                rule("users", "user:{id}", "mail:{email}"),
                rule("orders", "order:{id}"))
            .started()) {
      servers.cache("user:1", "mail:a", "order:1", "session:1");
      pipeline.emitGeneration();
      pipeline.awaitCached("session:1");
    }
  }

  @Test
  void a_topic_made_anew_under_the_worker_or_without_it_skips_nothing() throws Exception {
    try (Pipeline pipeline = cachetide("anew", "user:{id}").started()) {
      String topic = pipeline.names.changeTopic("public", "users");
      for (int round = 0; round < 2; round++) {
        servers.cache("user:1", "user:2", "user:3");
        touchAll(pipeline, 1, 4);
        within(20).until(() -> servers.cached().isEmpty());
        if (round == 1) {
          pipeline.worker.close();
        }
        servers.deleteTopic(topic);
        within(20).ignoreExceptions().until(() -> created(topic));
        servers.cache("user:11", "user:12", "user:13", "user:14", "user:15");
        touchAll(pipeline, 11, 16);
        servers.producer.flush();
        if (round == 1) {
          pipeline.restartWorker();
        }
        within(30).until(() -> servers.cached().isEmpty());
      }
    }
  }

  private boolean created(String topic) throws Exception {
    servers.createTopic(topic);
    return true;
  }

  @Test
  void rows_take_tags_versions_and_patterns_with_them_and_a_truncate_takes_all_of_them()
      throws Exception {
    try (Pipeline pipeline =
        new Pipeline(
                servers,
                "kinds",
                Source.CACHETIDE,
                rule(
                    "users",
                    item(Kind.TAG, "mail:{email}"),
                    item(Kind.VERSION, "list:{email}"),
                    item(Kind.PATTERN, "page:{email}:*")))
            .started()) {
      cacheKinds("*");
      cacheKinds("b");
      pipeline.emit("users", touched(user(1, "*")));
      pipeline.awaitCached(
          "cachetide:tag:mail:b", "cachetide:version:list:b", "member:b", "page:b:1", "tag:mail:b");
      pipeline.emit("users", "{\"op\":\"t\"}");
      pipeline.awaitCached();
    }
  }

  private void cacheKinds(String email) {
    servers.cache(
        "cachetide:tag:mail:" + email,
        "cachetide:version:list:" + email,
        "page:" + email + ":1",
        "member:" + email);
    servers.redis().sadd("tag:mail:" + email, "member:" + email);
  }

  private Pipeline cachetide(String name, String template) throws Exception {
    return new Pipeline(servers, name, Source.CACHETIDE, rule("users", template));
  }
}
