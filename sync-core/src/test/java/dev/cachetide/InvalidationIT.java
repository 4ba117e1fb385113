package dev.cachetide;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cachetide.sandbox.SandboxKafka;
import dev.cachetide.wire.Invalidation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

final class InvalidationIT {

  private static final RedisWorld WORLD = RedisWorld.start();
  private static final Beats BEATS = new Beats(WORLD.redis.uri(), "shop");

  @AfterAll
  static void stop() {
    BEATS.close();
    WORLD.close();
  }

  private static void evict(Invalidation what) {
    WORLD.client.invalidations().evict(what).join();
  }

  @Test
  void a_key_leaves() {
    Cache<Long, String> cache = WORLD.texts("key");
    cache.putAll(timed());
    evict(new Invalidation.Key("key:1"));
    assertThat(cache.getAll(List.of(1L, 2L, 3L))).containsOnlyKeys(2L, 3L);
    assertThat(cache.evictAll(List.of(2L, 3L))).isTrue();
    assertThat(cache.getAll(List.of(1L, 2L, 3L))).isEmpty();
  }

  private static Map<Long, Timed<String>> timed() {
    Timed<String> value = new Timed<>("v", Duration.ofMinutes(1));
    return Map.of(1L, value, 2L, value, 3L, value);
  }

  @Test
  void a_tag_takes_every_entry_that_carries_it_and_no_other() {
    Cache<Long, String> cache =
        WORLD
            .client
            .<Long, String>cache("tag", Codec.text())
            .keyTags(key -> Set.of(key < 3 ? "few" : "many"))
            .build();
    cache.putAll(timed());
    cache.getOrLoad(4L, key -> "loaded");
    evict(new Invalidation.Tag("few"));
    assertThat(cache.getAll(List.of(1L, 2L, 3L, 4L))).containsOnlyKeys(3L, 4L);
    assertThat(cache.getOrLoad(1L, key -> "again")).contains("again");
    assertThat(cache.get(1L)).contains("again");
  }

  @Test
  void a_tag_that_only_the_value_tells_costs_a_second_load_once_and_takes_the_entry_with_it() {
    Cache<Long, String> cache =
        WORLD
            .client
            .<Long, String>cache("valuetag", Codec.text())
            .valueTags(value -> Set.of("category:" + value))
            .build();
    AtomicInteger loads = new AtomicInteger();
    for (long key = 0; key < 5; key++) {
      cache.getOrLoad(
          key,
          k -> {
            loads.incrementAndGet();
            return "toys";
          });
    }
    assertThat(loads).hasValue(6);
    assertThat(cache.getAll(List.of(0L, 1L, 4L))).hasSize(3);
    evict(new Invalidation.Tag("category:toys"));
    assertThat(cache.getAll(List.of(0L, 1L, 4L))).isEmpty();
  }

  @Test
  void a_tag_takes_plain_entries_by_their_membership() {
    Cache<Long, String> cache =
        WORLD
            .client
            .<Long, String>cache("member", Codec.text())
            .plain()
            .keyTags(key -> Set.of("members"))
            .build();
    cache.putAll(timed());
    assertThat(WORLD.raw.scard("tag:members")).isEqualTo(3);
    evict(new Invalidation.Tag("members"));
    assertThat(cache.getAll(List.of(1L, 2L, 3L))).isEmpty();
    assertThat(WORLD.raw.exists("tag:members")).isZero();
    WORLD.raw.set("tag:text", "of somebody else".getBytes(UTF_8));
    evict(new Invalidation.Tag("text"));
    assertThat(WORLD.raw.exists("tag:text")).isEqualTo(1);
  }

  @Test
  void a_pattern_is_found_by_scan_and_unlinked_never_by_keys() {
    Cache<Long, String> cache = WORLD.texts("pattern");
    for (long key = 0; key < 2_500; key++) {
      WORLD.raw.set("pattern:" + key, new byte[] {1});
    }
    cache.putAll(timed());
    Cache<Long, String> other = WORLD.texts("patter");
    other.put(1L, "stays");
    long unlinks = WORLD.calls("unlink");
    evict(new Invalidation.Pattern("pattern:*"));
    assertThat(cache.getAll(List.of(1L, 2L, 3L))).isEmpty();
    assertThat(WORLD.raw.keys("pattern:*")).isEmpty();
    assertThat(other.get(1L)).contains("stays");
    assertThat(WORLD.calls("scan")).isGreaterThan(1);
    assertThat(WORLD.calls("unlink")).isGreaterThan(unlinks);
    assertThat(WORLD.calls("keys")).as("this test's own").isEqualTo(1);
    assertThat(WORLD.calls("del")).isZero();
  }

  @Test
  void a_version_moves_readers_on_at_once_and_leaves_the_old_entries_to_expire() {
    Cache<Long, String> cache =
        WORLD.client.<Long, String>cache("ver", Codec.text()).version("catalogue").build();
    cache.putAll(timed());
    cache.getOrLoad(4L, key -> "v");
    assertThat(cache.getAll(List.of(1L, 2L, 3L, 4L))).hasSize(4);
    String pointer = new String(WORLD.raw.get("cachetide:version:catalogue"), UTF_8);
    evict(new Invalidation.Version("catalogue"));
    assertThat(cache.get(1L)).isEmpty();
    assertThat(cache.getAll(List.of(1L, 2L, 3L, 4L))).isEmpty();
    assertThat(WORLD.raw.pttl("ver:1@" + pointer)).isPositive();
    assertThat(cache.getOrLoad(1L, key -> "new")).contains("new");
    assertThat(cache.get(1L)).contains("new");
  }

  @Test
  void what_one_process_evicts_leaves_the_l1_of_another_and_is_heard_by_listeners()
      throws Exception {
    String uri = WORLD.redis.uri();
    try (Cachetide here = Cachetide.builder().redis(uri).pipeline("shop").build();
        Cachetide there = Cachetide.builder().redis(uri).pipeline("shop").build()) {
      Cache<Long, String> mine =
          here.<Long, String>cache("near", Codec.text()).near(100, Duration.ofMinutes(1)).build();
      Cache<Long, String> theirs =
          there.<Long, String>cache("near", Codec.text()).near(100, Duration.ofMinutes(1)).build();
      List<Invalidation> heard = Collections.synchronizedList(new ArrayList<>());
      AutoCloseable failing =
          there
              .invalidations()
              .listen(
                  what -> {
                    throw new IllegalStateException("a listener's own fault");
                  });
      AutoCloseable listening = there.invalidations().listen(heard::add);
      await()
          .atMost(Duration.ofSeconds(15))
          .until(
              () ->
                  theirs.getOrLoad(1L, key -> "v").isPresent()
                      && theirs.stats().nearHits() > 0
                      && here.trusted());
      assertThat(mine.evict(1L)).isTrue();
      await().until(() -> theirs.get(1L).isEmpty());
      here.invalidations().evict(new Invalidation.Tag("t")).join();
      await()
          .until(
              () ->
                  heard.containsAll(
                      List.of(new Invalidation.Key("near:1"), new Invalidation.Tag("t"))));
      listening.close();
      failing.close();
    }
  }

  @Test
  void a_durable_request_is_in_the_pipelines_topic_once_it_is_accepted() throws Exception {
    try (SandboxKafka kafka = SandboxKafka.builder().start()) {
      Map<String, Object> settings = Map.of("bootstrap.servers", kafka.bootstrapServers());
      try (Admin admin = Admin.create(settings)) {
        admin.createTopics(List.of(new NewTopic("shop.invalidations", 1, (short) 1))).all().get();
      }
      try (Cachetide client =
          Cachetide.builder().redis(WORLD.redis.uri()).pipeline("shop").kafka(settings).build()) {
        client.invalidations().request(new Invalidation.Pattern("user:*")).get();
      }
      ConsumerRecord<String, String> record = first(kafka, "shop.invalidations");
      assertThat(record.key()).isEqualTo("user:*");
      assertThat(record.value()).contains("\"pattern\"").contains("user:*").contains("timestamp");
    }
  }

  private static ConsumerRecord<String, String> first(SandboxKafka kafka, String topic) {
    Map<String, Object> settings = Map.of("bootstrap.servers", kafka.bootstrapServers());
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
      TopicPartition partition = new TopicPartition(topic, 0);
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      return consumer.poll(Duration.ofSeconds(10)).iterator().next();
    }
  }
}
