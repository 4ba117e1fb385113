package dev.cachetide;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.cachetide.CacheConfig.Expiry;
import dev.cachetide.wire.Invalidation;
import dev.cachetide.wire.PipelineNames;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What a cache does on any Redis: the same sentences for a single server, a Cluster and Sentinels.
 * Two clients share a pipeline whose worker the test plays; keys lie on every node.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class CacheContract {

  static final Duration LIMIT = Duration.ofSeconds(20);
  static final Duration TIMEOUT = Duration.ofSeconds(1);
  private static final PipelineNames PIPELINE = new PipelineNames("shop");
  private static final int MANY = 200;
  private static final int READERS = 4;

  private final AtomicInteger names = new AtomicInteger();
  CertifyingWorker worker;
  Cachetide client;
  private Cachetide other;

  /** Starts the servers. */
  abstract RedisConfig start();

  /** Stops them. */
  abstract void stop();

  @BeforeAll
  void open() {
    RedisConfig redis = start().withTimeout(TIMEOUT);
    worker = new CertifyingWorker(redis, PIPELINE);
    client = Cachetide.builder().redis(redis).pipeline(PIPELINE.pipeline()).build();
    other = Cachetide.builder().redis(redis).pipeline(PIPELINE.pipeline()).build();
    settle();
  }

  @AfterAll
  void close() {
    other.close();
    client.close();
    worker.close();
    stop();
  }

  /** Both clients trust Redis, and are connected to every node of it. */
  @BeforeEach
  void settle() {
    for (Cachetide each : List.of(client, other)) {
      Cache<Integer, String> cache = each.<Integer, String>cache("settle", Codec.text()).build();
      await()
          .atMost(LIMIT)
          .until(
              () -> {
                cache.putAll(values(0, MANY));
                return each.trusted() && cache.getAll(keys(MANY)).size() == MANY;
              });
    }
  }

  private String name() {
    return "c" + names.incrementAndGet();
  }

  private CacheBuilder<Integer, String> builder() {
    return client.cache(name(), Codec.text());
  }

  private static Expiry expiry() {
    return new Expiry(
        Duration.ofMinutes(1),
        0,
        Duration.ofMinutes(1),
        null,
        1,
        Duration.ZERO,
        Duration.ofMinutes(1));
  }

  private static List<Integer> keys(int count) {
    return IntStream.range(0, count).boxed().toList();
  }

  private static Map<Integer, Timed<String>> values(int from, int to) {
    return IntStream.range(from, to)
        .boxed()
        .collect(Collectors.toMap(key -> key, key -> new Timed<>("v" + key, LIMIT)));
  }

  private static Map<Integer, String> texts(Collection<Integer> keys) {
    return keys.stream().collect(Collectors.toMap(key -> key, key -> "v" + key));
  }

  private static void evict(Cachetide client, Invalidation what) throws Exception {
    client.invalidations().evict(what).get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Test
  void a_value_that_was_put_is_found_until_it_is_evicted() {
    Cache<Integer, String> cache = builder().build();
    cache.put(1, "v");
    assertThat(cache.get(1)).contains("v");
    assertThat(cache.evict(1)).isTrue();
    assertThat(cache.get(1)).isEmpty();
  }

  @Test
  void a_value_ends_with_the_ttl_that_it_was_put_with() {
    Cache<Integer, String> cache = builder().build();
    cache.put(1, "v", Duration.ofMillis(50));
    cache.put(2, "v", LIMIT);
    await().atMost(LIMIT).until(() -> cache.get(1).isEmpty());
    assertThat(cache.get(2)).contains("v");
  }

  @Test
  void a_miss_loads_once_and_the_next_reads_hit() {
    Cache<Integer, String> cache = builder().build();
    AtomicInteger loads = new AtomicInteger();
    for (int i = 0; i < 3; i++) {
      assertThat(cache.getOrLoad(1, key -> "v" + loads.incrementAndGet())).contains("v1");
    }
    assertThat(cache.stats().hits()).isEqualTo(2);
  }

  @Test
  void a_large_value_comes_back_as_it_was() {
    Cache<Integer, String> cache = builder().build();
    String large = "abc".repeat(20_000);
    assertThat(cache.getOrLoad(1, key -> large)).contains(large);
    assertThat(cache.get(1)).contains(large);
  }

  @Test
  void an_eviction_during_a_load_keeps_the_value_out() {
    Cache<Integer, String> cache = builder().build();
    for (int key = 0; key < 20; key++) {
      int row = key;
      Optional<String> read =
          cache.getOrLoad(
              key,
              k -> {
                assertThat(worker.evict(List.of(cache.name() + ":" + row))).isTrue();
                return "old";
              });
      assertThat(read).contains("old");
      assertThat(cache.get(key)).isEmpty();
    }
    assertThat(cache.stats().rejectedFills()).isEqualTo(20);
  }

  @Test
  void readers_of_two_clients_share_one_load() throws Exception {
    String name = name();
    Cache<Integer, String> here = client.<Integer, String>cache(name, Codec.text()).build();
    Cache<Integer, String> there = other.<Integer, String>cache(name, Codec.text()).build();
    AtomicInteger loads = new AtomicInteger();
    CountDownLatch loading = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    var first =
        CompletableFuture.supplyAsync(
            () ->
                here.getOrLoad(
                    1,
                    key -> {
                      loading.countDown();
                      go.await();
                      return "v" + loads.incrementAndGet();
                    }));
    loading.await();
    var second =
        CompletableFuture.supplyAsync(
            () -> there.getOrLoad(1, key -> "v" + loads.incrementAndGet()));
    await().atMost(LIMIT).until(() -> there.stats().leaseWaits() == 1);
    go.countDown();
    assertThat(first.get()).contains("v1");
    assertThat(second.get()).contains("v1");
    assertThat(loads).hasValue(1);
  }

  @Test
  void many_keys_on_all_nodes_are_read_written_and_evicted_at_once() {
    Cache<Integer, String> cache = builder().build();
    cache.putAll(values(0, MANY));
    assertThat(cache.getAll(keys(2 * MANY))).isEqualTo(texts(keys(MANY)));
    assertThat(cache.evictAll(keys(MANY - 1))).isTrue();
    assertThat(cache.getAll(keys(MANY))).isEqualTo(Map.of(MANY - 1, "v" + (MANY - 1)));
  }

  @Test
  void what_is_missing_of_many_is_loaded_at_once_and_stored() {
    Cache<Integer, String> cache = builder().build();
    cache.putAll(values(0, MANY / 2));
    List<Integer> asked = new ArrayList<>();
    Map<Integer, String> read =
        cache.getAllOrLoad(
            keys(MANY),
            missing -> {
              asked.addAll(missing);
              return texts(missing);
            });
    assertThat(read).isEqualTo(texts(keys(MANY)));
    assertThat(asked).hasSize(MANY / 2).allMatch(key -> key >= MANY / 2);
    assertThat(cache.getAll(keys(MANY))).hasSize(MANY);
  }

  @Test
  void a_tag_that_the_key_tells_makes_all_its_entries_misses() throws Exception {
    String tag = name();
    Cache<Integer, String> cache = builder().keyTags(key -> Set.of(tag + key % 2)).build();
    for (int key : keys(20)) {
      cache.getOrLoad(key, k -> "v" + k);
    }
    assertThat(cache.getAll(keys(20))).hasSize(20);
    evict(other, new Invalidation.Tag(tag + 1));
    assertThat(cache.getAll(keys(20)).keySet()).hasSize(10).allMatch(key -> key % 2 == 0);
  }

  @Test
  void a_tag_that_the_value_tells_makes_all_its_entries_misses() throws Exception {
    String tag = name();
    Cache<Integer, String> cache =
        builder().valueTags(value -> Set.of(tag + value, tag + "all")).build();
    for (int key : keys(20)) {
      cache.getOrLoad(key, k -> key % 2 == 0 ? "even" : "odd");
    }
    evict(other, new Invalidation.Tag(tag + "odd"));
    assertThat(cache.get(2)).contains("even");
    assertThat(cache.get(3)).isEmpty();
    evict(other, new Invalidation.Tag(tag + "all"));
    assertThat(cache.getAll(keys(20))).isEmpty();
  }

  @Test
  void a_tag_that_is_evicted_during_a_load_makes_what_is_stored_a_miss() {
    String tag = name();
    Cache<Integer, String> cache = builder().keyTags(key -> Set.of(tag)).build();
    cache.getOrLoad(
        1,
        key -> {
          evict(other, new Invalidation.Tag(tag));
          return "old";
        });
    assertThat(cache.get(1)).isEmpty();
  }

  @Test
  void a_version_that_is_bumped_moves_every_reader_on() throws Exception {
    String version = name();
    Cache<Integer, String> cache = builder().version(version).build();
    for (int key : keys(20)) {
      assertThat(cache.getOrLoad(key, k -> "old")).contains("old");
    }
    assertThat(cache.getAll(keys(20))).hasSize(20);
    evict(other, new Invalidation.Version(version));
    assertThat(cache.getAll(keys(20))).isEmpty();
    assertThat(cache.getOrLoad(7, k -> "new")).contains("new");
    assertThat(cache.get(7)).contains("new");
  }

  @Test
  void a_pattern_is_evicted_on_every_primary_and_nothing_else_is() throws Exception {
    Cache<Integer, String> gone = builder().build();
    Cache<Integer, String> stays = builder().prefix("stays" + gone.name() + ":").build();
    gone.putAll(values(0, MANY));
    stays.putAll(values(0, MANY));
    evict(client, new Invalidation.Pattern(gone.name() + ":*"));
    // scanning may have made connections, which are certified by the next beat
    await().atMost(LIMIT).until(() -> stays.getAll(keys(MANY)).size() == MANY);
    assertThat(gone.getAll(keys(MANY))).isEmpty();
  }

  @Test
  void absence_is_remembered_until_an_eviction_ends_it() {
    Cache<Integer, String> cache = builder().build();
    assertThat(cache.getOrLoad(1, key -> null)).isEmpty();
    assertThat(cache.getOrLoad(1, key -> "not asked")).isEmpty();
    assertThat(worker.evict(List.of(cache.name() + ":1"))).isTrue();
    assertThat(cache.getOrLoad(1, key -> "inserted")).contains("inserted");
  }

  @Test
  void a_value_is_renewed_ahead_of_its_end_and_only_by_one_of_two_clients() {
    String name = name();
    Duration soft = Duration.ofMillis(300);
    AtomicInteger loads = new AtomicInteger();
    Loader<Integer, String> loader = key -> "v" + loads.incrementAndGet();
    List<Cache<Integer, String>> both = new ArrayList<>();
    for (Cachetide each : List.of(client, other)) {
      both.add(
          each.<Integer, String>cache(name, Codec.text()).expiry(expiry()).softTtl(soft).build());
    }
    assertThat(both.get(0).getOrLoad(1, loader)).contains("v1");
    await()
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(5))
        .until(
            () -> {
              both.forEach(cache -> assertThat(cache.getOrLoad(1, loader)).isPresent());
              return both.get(1).get(1).filter(value -> !value.equals("v1")).isPresent();
            });
    await()
        .atMost(LIMIT)
        .until(
            () ->
                both.stream().mapToLong(cache -> cache.stats().refreshes()).sum()
                    == loads.get() - 1);
  }

  @Test
  void a_write_through_is_seen_at_once_and_a_deletion_too() throws Exception {
    Cache<Integer, String> cache = builder().build();
    cache.put(1, "old");
    assertThat(cache.writeThrough(1, () -> "new")).isEqualTo("new");
    assertThat(cache.get(1)).contains("new");
    assertThat(cache.stats().rejectedFills()).isZero();
    cache.deleteThrough(1, () -> null);
    assertThat(cache.getOrLoad(1, key -> "not asked")).isEmpty();
  }

  @Test
  void a_write_through_during_which_the_key_is_evicted_is_not_kept() throws Exception {
    Cache<Integer, String> cache = builder().build();
    cache.writeThrough(
        1,
        () -> {
          assertThat(worker.evict(List.of(cache.name() + ":1"))).isTrue();
          return "mine";
        });
    assertThat(cache.get(1)).isEmpty();
  }

  @Test
  void a_write_through_that_throws_evicts_and_its_exception_is_the_callers() {
    Cache<Integer, String> cache = builder().build();
    cache.put(1, "old");
    IllegalStateException failure = new IllegalStateException("refused");
    assertThatThrownBy(
            () ->
                cache.writeThrough(
                    1,
                    () -> {
                      throw failure;
                    }))
        .isSameAs(failure);
    assertThat(cache.get(1)).isEmpty();
  }

  @Test
  void a_field_is_changed_in_place_and_evicted_when_a_change_came_in_between() throws Exception {
    Cache<Integer, Item> cache =
        client.<Integer, Item>cache(name(), Codec.json(Item.class)).build();
    cache.put(1, new Item("lamp", 5));
    assertThat(cache.updateField(1, FieldChange.add("/stock", -2), () -> null)).isTrue();
    assertThat(cache.get(1)).contains(new Item("lamp", 3));
    boolean kept =
        cache.updateField(
            1, FieldChange.add("/stock", -2), () -> worker.evict(List.of(cache.name() + ":1")));
    assertThat(kept).isFalse();
    assertThat(cache.get(1)).isEmpty();
  }

  @Test
  void a_value_beyond_its_ttl_is_served_while_the_loader_fails() {
    Expiry brief =
        new Expiry(
            Duration.ofMillis(50),
            0,
            Duration.ZERO,
            null,
            1,
            Duration.ofMinutes(1),
            Duration.ofMinutes(1));
    Cache<Integer, String> cache = builder().expiry(brief).build();
    assertThat(cache.getOrLoad(1, key -> "old")).contains("old");
    await().atMost(LIMIT).until(() -> cache.get(1).isEmpty());
    Loader<Integer, String> failing =
        key -> {
          throw new IllegalStateException("database away");
        };
    assertThat(cache.getOrLoad(1, failing)).contains("old");
    assertThat(cache.stats().staleServed()).isEqualTo(1);
    assertThat(cache.getOrLoad(1, key -> "new")).contains("new");
  }

  @Test
  void warming_stores_what_is_missing_and_leaves_what_is_there() {
    Cache<Integer, String> cache = builder().build();
    cache.put(0, "there");
    Warming.Result result =
        cache.warm(
            keys(MANY),
            missing -> {
              Map<Integer, String> found = new HashMap<>(texts(missing));
              found.remove(1);
              return found;
            },
            Warming.defaults());
    assertThat(result.stored()).isEqualTo(MANY - 2);
    assertThat(result.present()).isEqualTo(1);
    assertThat(result.absent()).isEqualTo(1);
    assertThat(cache.getAll(keys(MANY))).hasSize(MANY - 1).containsEntry(0, "there");
  }

  @Test
  void an_eviction_is_told_to_every_client() throws Exception {
    Queue<Invalidation> heard = new ConcurrentLinkedQueue<>();
    Cache<Integer, String> cache = builder().build();
    try (AutoCloseable listening = other.invalidations().listen(heard::add)) {
      await()
          .atMost(LIMIT)
          .until(
              () -> {
                cache.evict(1);
                return heard.contains(new Invalidation.Key(cache.name() + ":1"));
              });
      assertThat(listening).isNotNull();
    }
  }

  @Test
  void a_higher_generation_makes_every_entry_a_miss() {
    Cache<Integer, String> cache = builder().build();
    cache.putAll(values(0, MANY));
    assertThat(cache.getAll(keys(MANY))).hasSize(MANY);
    worker.raiseGeneration();
    await().atMost(LIMIT).until(() -> cache.getAll(keys(MANY)).isEmpty());
    assertThat(client.trusted()).isTrue();
    assertThat(cache.getOrLoad(1, key -> "new")).contains("new");
    assertThat(cache.get(1)).contains("new");
  }

  @Test
  void without_a_worker_reads_go_to_the_loader_and_nothing_is_stored() {
    Cache<Integer, String> cache = builder().build();
    cache.put(1, "cached");
    worker.silent = true;
    try {
      await().atMost(LIMIT).until(() -> !client.trusted());
      assertThat(cache.getOrLoad(1, key -> "loaded")).contains("loaded");
      assertThat(cache.getOrLoad(2, key -> "loaded")).contains("loaded");
      assertThat(worker.holds(cache.name() + ":2")).isFalse();
    } finally {
      worker.silent = false;
    }
    await().atMost(LIMIT).until(client::trusted);
    assertThat(cache.get(1)).contains("cached");
  }

  /**
   * Readers and a writer go on while a primary is lost and replaced. Nobody sees an exception or
   * anything stale; the new primary is not asked before the worker has certified it.
   */
  void readers_do_not_notice_that(Runnable aPrimaryIsReplaced) throws Exception {
    Cache<Integer, Long> cache =
        client.<Integer, Long>cache(name(), Codec.json(Long.class)).build();
    try (Traffic traffic = new Traffic(worker)) {
      Traffic.Reader reader = traffic.read(cache, READERS);
      await().atMost(LIMIT).until(() -> cache.stats().hits() > 100);
      worker.certifying = false;
      aPrimaryIsReplaced.run();
      await().atMost(LIMIT).until(() -> worker.evict(List.of("probe", "probe2", "probe3", "p4")));
      assertThat(client.trusted()).as("nobody has certified the new primary").isFalse();
      long hits = cache.stats().hits();
      long reads = reader.reads.get();
      await().atMost(LIMIT).until(() -> reader.reads.get() > reads + 500);
      assertThat(cache.stats().hits()).isEqualTo(hits);
      worker.certifying = true;
      await().atMost(LIMIT).until(() -> cache.stats().hits() > hits + 500);
      System.out.println(reader);
      assertThat(reader.thrown).isEmpty();
      assertThat(reader.stale).hasValue(0);
      assertThat(reader.worstMillis.get()).isLessThan(10 * TIMEOUT.toMillis());
      assertThat(worker.evict(List.of("probe"))).isTrue();
    } finally {
      worker.certifying = true;
    }
  }

  /** For JSON. */
  record Item(String name, int stock) {}
}
