package dev.cachetide.invalidation;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.MissingNode;
import dev.cachetide.invalidation.lookup.Lookups.Found;
import dev.cachetide.invalidation.rules.ResolvedRules;
import dev.cachetide.invalidation.rules.RuleSet;
import dev.cachetide.invalidation.rules.StormGovernor;
import dev.cachetide.runtime.Outcome;
import dev.cachetide.runtime.settings.LimitSettings;
import dev.cachetide.runtime.settings.RuleSettings;
import dev.cachetide.runtime.settings.RuleSettings.EvictSettings;
import dev.cachetide.runtime.settings.RuleSettings.Kind;
import dev.cachetide.wire.Headers;
import dev.cachetide.wire.Invalidation;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Storms in the handler: what is evicted, told and skipped, and what is not believed. */
final class StormsTest {

  private static final TopicPartition USERS = new TopicPartition("shop.public.users", 0);
  private static final TopicPartition OTHERS = new TopicPartition("shop.cachetide.generation", 0);
  private static final String SWEPT = "user:*";

  private final RecordingRedis redis = new RecordingRedis();
  private final RecordingRedis beside = new RecordingRedis();
  private final InMemoryCertificates certificates = new InMemoryCertificates();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final Queue<Runnable> sweeps = new ArrayDeque<>();
  private long nanos;
  private int lastId;

  private InvalidationHandler handler = handler(null);

  private InvalidationHandler handler(@Nullable EvictSettings above) {
    certificates.runId = redis.runId;
    RuleSettings rule =
        new RuleSettings(
            "rules[0]",
            "users",
            "public",
            "users",
            MissingNode.getInstance(),
            List.of(new EvictSettings("rules[0].evict[0].key", "user:{id}")),
            List.of(),
            false,
            false,
            new LimitSettings(1, 4, above),
            List.of());
    RuleSet rules = ((RuleSet.Result.Compiled) RuleSet.compile("file", List.of(rule))).rules();
    InvalidationMeters meters = new InvalidationMeters(registry, InstantSource.system());
    Evictor evictor =
        new Evictor(redis, certificates, () -> RuleSet.everything(rules.rules()), meters, () -> 0);
    return new InvalidationHandler(
        new RuleApproval(() -> new ResolvedRules(rules, Map.of(), List.of())),
        Unchanging.rules(rules),
        new WrittenTables("shop.writes", Map.of()),
        EventGate.open(),
        plan -> Found.NOTHING,
        evictor,
        Unchanging.refreshing(meters),
        new Announcer(
            redis,
            evictor,
            new ManualGeneration().watch(() -> 0),
            meters,
            () -> 0,
            InstantSource.system()),
        meters,
        new Storms(
            new StormGovernor(),
            new Sweeper(beside, sweeps::add, () -> {}),
            evictor,
            meters,
            () -> nanos),
        TransactionOf.HEADERS,
        () -> true);
  }

  @Test
  void beyond_the_limit_one_sweep_is_told_and_takes_the_place_of_all_further_keys() {
    handle(events("7", 3));
    assertThat(sweeps).isEmpty();
    handle(events("7", 2));
    handle(List.of(event("7", "1")));
    // As long as it runs every key leaves one by one.
    assertThat(redis.evicted).hasSize(6);
    sweeps.remove().run();
    assertThat(beside.evicted).containsExactly(SWEPT);

    handle(List.of(event("7", "1")));
    assertThat(lastTold()).contains(new Invalidation.Pattern(SWEPT));
    handle(List.of(event("7", "1"), event("7", "1"), event("8", "1")));

    assertThat(redis.evicted).hasSize(8).endsWith("user:10");
    assertThat(lastTold()).containsExactly(new Invalidation.Key("user:10"));
    assertThat(count("storms")).isEqualTo(1);
    assertThat(count("events.skipped")).isEqualTo(2);
    assertThat(sweeps).isEmpty();
  }

  @Test
  void what_is_skipped_is_answered_for_like_anything_else() {
    storm();
    int told = redis.batches().size();
    handle(List.of(event("7", "1")));

    assertThat(redis.batches()).hasSize(told + 1);
    assertThat(lastTold()).isEmpty();
    assertThat(redis.batches().get(told).ranges()).containsKey("shop.public.users/0");
  }

  @Test
  void a_sweep_ends_in_idleness_too() {
    beyondTheLimit();
    sweeps.remove().run();

    handler.assigned(List.of(), (partition, offset) -> {});
    handler.handle(ConsumerRecords.empty());

    assertThat(lastTold()).containsExactly(new Invalidation.Pattern(SWEPT));
    handle(List.of(event("7", "1")));
    assertThat(count("events.skipped")).isEqualTo(1);
  }

  @Test
  void its_table_waits_for_a_sweep_until_that_was_told() {
    handler.assigned(List.of(USERS, OTHERS), (partition, offset) -> {});
    beyondTheLimit();
    assertThat(handler.notYet()).containsExactly(USERS);
    sweeps.remove().run();
    assertThat(handler.notYet()).containsExactly(USERS);

    handler.idle();
    assertThat(lastTold()).containsExactly(new Invalidation.Pattern(SWEPT));
    assertThat(handler.notYet()).isEmpty();
  }

  @Test
  void nothing_waits_for_a_sweep_that_takes_too_long_and_its_keys_leave_one_by_one() {
    handler.assigned(List.of(USERS), (partition, offset) -> {});
    beyondTheLimit();
    nanos += TimeUnit.SECONDS.toNanos(30) - 1;
    assertThat(handler.notYet()).isNotEmpty();
    nanos++;
    assertThat(handler.notYet()).isEmpty();
    handle(List.of(event("7", "1")));
    assertThat(redis.evicted).endsWith("user:6");
  }

  @Test
  void a_sweep_counts_for_nothing_before_everybody_was_told() {
    beyondTheLimit();
    sweeps.remove().run();
    redis.publishFailure = new ExecutionException(new IOException("no answer"));
    assertThat(handle(List.of(event("7", "1")))).isInstanceOf(Outcome.Transient.class);
    redis.publishFailure = null;
    handle(List.of(event("7", "1")));

    assertThat(count("events.skipped")).isZero();
    assertThat(lastTold()).contains(new Invalidation.Pattern(SWEPT));
  }

  @Test
  void a_sweep_that_failed_is_made_again() {
    beyondTheLimit();
    beside.failure = new ExecutionException(new IOException("no answer"));
    sweeps.remove().run();
    handle(List.of(event("7", "1")));

    assertThat(count("storms")).isZero();
    assertThat(sweeps).hasSize(1);
    assertThat(redis.evicted).hasSize(6);
  }

  @Test
  void a_sweep_over_another_redis_counts_for_nothing() {
    beyondTheLimit();
    beside.runId = "run-2";
    sweeps.remove().run();
    handle(List.of(event("7", "1")));

    assertThat(count("storms")).isZero();
    assertThat(redis.evicted).hasSize(6);
  }

  @Test
  void a_redis_that_was_replaced_since_is_swept_at_once_and_nothing_is_skipped_any_more() {
    storm();
    redis.runId = "run-2";
    redis.connects++;
    // Another worker has met it first, so nothing leaves by itself.
    certificates.runId = "run-2";
    redis.evicted.clear();
    handle(List.of(event("7", "1")));

    assertThat(redis.evicted).containsExactly(SWEPT);
    assertThat(lastTold()).containsExactly(new Invalidation.Pattern(SWEPT));
    handle(List.of(event("7", "1")));
    assertThat(redis.evicted).hasSize(2);
  }

  @Test
  void an_event_that_was_published_early_is_neither_counted_nor_skipped() {
    List<ConsumerRecord<byte[], byte[]>> early = events("7", 5);
    early.forEach(each -> each.headers().add(Headers.EARLY, "1".getBytes(UTF_8)));
    handle(early.subList(0, 3));
    handle(early.subList(3, 5));
    assertThat(sweeps).isEmpty();

    storm();
    redis.evicted.clear();
    handle(early.subList(0, 1));
    assertThat(redis.evicted).hasSize(1);
  }

  @Test
  void without_both_headers_nothing_is_known_of_the_transaction() {
    handle(List.of(event("7", ""), event("7", ""), event("7", "")));
    handle(List.of(event("7", "x"), event("", "1"), event("7", "")));

    assertThat(sweeps).isEmpty();
    assertThat(redis.evicted).hasSize(6);
  }

  @Test
  void more_keys_of_a_rule_in_one_batch_make_it_coarse_at_once_and_cover_its_transactions() {
    handle(
        List.of(
            event("1", "1"), event("2", "1"), event("3", "1"), event("4", "1"), event("5", "1")));

    assertThat(redis.evicted).containsExactly("user:1", "user:2", "user:3", "user:4", SWEPT);
    assertThat(count("storms")).isEqualTo(1);
    handle(List.of(event("5", "1"), event("6", "1")));
    assertThat(count("events.skipped")).isEqualTo(1);
    assertThat(redis.evicted).endsWith("user:7");
    assertThat(sweeps).isEmpty();
  }

  @Test
  void an_event_of_too_many_keys_becomes_coarse_by_itself() {
    ConsumerRecord<byte[], byte[]> event = event("7", "1");
    String moved = "{\"op\":\"u\",\"before\":{\"id\":1},\"after\":{\"id\":2},\"source\":{}}";
    ConsumerRecord<byte[], byte[]> ofTwo =
        new ConsumerRecord<>(USERS.topic(), 0, 0, new byte[0], moved.getBytes(UTF_8));
    handle(List.of(event, ofTwo));

    assertThat(redis.evicted).containsExactly("user:1", SWEPT);
    assertThat(count("widened")).isEqualTo(1);
  }

  @Test
  void a_tag_takes_the_place_of_the_keys_where_the_rule_says_so() {
    handler = handler(new EvictSettings("rules[0].limits.above.tag", Kind.TAG, "users"));
    storm();

    assertThat(beside.evicted).containsExactly("tag users");
    assertThat(redis.batches().stream().flatMap(batch -> batch.invalidations().stream()))
        .contains(new Invalidation.Tag("users"));
  }

  @Test
  void closing_closes_the_connection_of_the_sweeps() {
    handler.close();

    assertThat(beside.closed).isTrue();
  }

  /** Until it is swept and told. */
  private void storm() {
    beyondTheLimit();
    sweeps.remove().run();
    handle(List.of(event("7", "1")));
  }

  /** In two batches, of which none is beyond it by itself. */
  private void beyondTheLimit() {
    handle(events("7", 3));
    handle(events("7", 2));
  }

  private List<ConsumerRecord<byte[], byte[]>> events(String xid, int count) {
    return IntStream.range(0, count).mapToObj(i -> event(xid, "1")).toList();
  }

  /** Of a new row each; an empty text stands for no header. */
  private ConsumerRecord<byte[], byte[]> event(String xid, String committed) {
    String value = "{\"op\":\"c\",\"after\":{\"id\":" + ++lastId + "},\"source\":{}}";
    ConsumerRecord<byte[], byte[]> record =
        new ConsumerRecord<>(USERS.topic(), 0, lastId, new byte[0], value.getBytes(UTF_8));
    if (!xid.isEmpty()) {
      record.headers().add(Headers.XID, xid.getBytes(UTF_8));
    }
    if (!committed.isEmpty()) {
      record.headers().add(Headers.COMMITTED, committed.getBytes(UTF_8));
    }
    return record;
  }

  private Outcome handle(List<ConsumerRecord<byte[], byte[]>> records) {
    return handler.handle(new ConsumerRecords<>(Map.of(USERS, records), Map.of()));
  }

  private double count(String meter) {
    return registry.counter("cachetide.invalidation." + meter).count();
  }

  private List<Invalidation> lastTold() {
    return redis.batches().get(redis.batches().size() - 1).invalidations();
  }
}
