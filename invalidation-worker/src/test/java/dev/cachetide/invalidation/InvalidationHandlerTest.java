package dev.cachetide.invalidation;

import static dev.cachetide.invalidation.Envelopes.touched;
import static dev.cachetide.invalidation.Envelopes.update;
import static dev.cachetide.invalidation.Envelopes.user;
import static dev.cachetide.invalidation.Pipeline.rule;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.internal.fenced.Spared;
import dev.cachetide.invalidation.lookup.Lookups.Found;
import dev.cachetide.invalidation.refresh.Life;
import dev.cachetide.invalidation.refresh.Refreshes;
import dev.cachetide.invalidation.refresh.SecondEvictions;
import dev.cachetide.invalidation.rules.CatalogFacts;
import dev.cachetide.invalidation.rules.Plan;
import dev.cachetide.invalidation.rules.RefreshPlanner;
import dev.cachetide.invalidation.rules.ResolvedRules;
import dev.cachetide.invalidation.rules.RuleCatalogCheck;
import dev.cachetide.invalidation.rules.RuleSet;
import dev.cachetide.invalidation.rules.StormGovernor;
import dev.cachetide.runtime.DeadLetter;
import dev.cachetide.runtime.Outcome;
import dev.cachetide.runtime.postgres.Catalog;
import dev.cachetide.runtime.settings.WriteTableSettings.Conflicts;
import dev.cachetide.wire.ChannelMessage.Range;
import dev.cachetide.wire.Headers;
import dev.cachetide.wire.Invalidation;
import dev.cachetide.wire.TableName;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class InvalidationHandlerTest {

  private static final TopicPartition USERS = new TopicPartition("shop.public.users", 0);
  private static final TopicPartition REQUESTS = new TopicPartition("shop.invalidations", 0);
  private static final String GENERATION = "shop.cachetide.generation";
  private static final Outcome WAIT =
      new Outcome.Transient("wait", new IllegalStateException("not visible"));

  private final RuleSet rules =
      ((RuleSet.Result.Compiled)
              RuleSet.compile(
                  "file", List.of(rule("users", "user:{id}"), rule("orders", "o:{id}"))))
          .rules();
  private final RecordingRedis redis = new RecordingRedis();
  private final InMemoryCertificates certificates = new InMemoryCertificates();
  private final ManualGeneration postgres = new ManualGeneration();
  private boolean vouches = true;
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final List<Refreshes> put = new ArrayList<>();
  private long nanos;
  private final List<Set<Long>> asked = new ArrayList<>();
  private Outcome gate = Outcome.applied();
  private Function<Plan, Found> lookups = plan -> Found.NOTHING;
  private RuleApproval.Source resolved =
      () -> {
        throw new SQLException("away", "08006");
      };

  @SuppressWarnings("NullAway.Init")
  private RuleChange change;

  private final InvalidationHandler handler = handler(false);

  private InvalidationHandler handler(boolean foreign) {
    certificates.runId = redis.runId;
    InvalidationMeters meters = new InvalidationMeters(registry, InstantSource.system());
    Evictor evictor =
        new Evictor(redis, certificates, () -> RuleSet.everything(rules.rules()), meters, () -> 0);
    change =
        new RuleChange(
            new AppliedRules(
                rules,
                new SourceTopics(rules, "shop", GENERATION, REQUESTS.topic(), null),
                Map.of(),
                foreign),
            new InMemoryLedger(),
            UnaryOperator.identity(),
            held -> {},
            () -> 0);
    return new InvalidationHandler(
        new RuleApproval(() -> resolved.resolve()),
        change,
        new WrittenTables(
            "shop.writes", Map.of(new TableName("public", "users"), Conflicts.LOG_ORDER)),
        xids -> {
          asked.add(Set.copyOf(xids));
          return gate;
        },
        plan -> lookups.apply(plan),
        evictor,
        new Refreshing(
            new RefreshPlanner(
                table -> Optional.empty(), new Life(InstantSource.system(), new Random(1))),
            put::add,
            () -> {},
            new SecondEvictions(() -> nanos),
            meters),
        new Announcer(
            redis, evictor, postgres.watch(() -> 0), meters, () -> 0, InstantSource.system()),
        meters,
        new Storms(
            new StormGovernor(),
            new Sweeper(redis, Runnable::run, () -> {}),
            evictor,
            meters,
            () -> 0),
        TransactionOf.HEADERS,
        () -> vouches);
  }

  @Test
  void the_keys_of_a_batch_leave_each_once() {
    assertThat(handle(touched(user(1, "a")), touched(user(2, "b")), touched(user(1, "c"))))
        .isEqualTo(Outcome.applied());

    assertThat(redis.evicted).containsExactly("user:1", "user:2");
    assertThat(count("events")).isEqualTo(3);
  }

  @Test
  void nothing_leaves_before_every_transaction_of_the_batch_is_visible() {
    gate = WAIT;
    String event = update(user(1, "a"), user(2, "a"), 77);

    assertThat(handle(event, touched(user(3, null)))).isSameAs(WAIT);
    assertThat(redis.evicted).isEmpty();
    gate = Outcome.applied();
    handle(event, touched(user(3, null)));

    assertThat(asked).containsExactly(Set.of(77L), Set.of(77L));
    assertThat(redis.evicted).containsExactly("user:1", "user:2", "user:3");
  }

  @Test
  void nothing_leaves_while_related_rows_cannot_be_looked_up_and_a_retry_asks_again() {
    lookups = plan -> new Found(WAIT, 1, 0, 0, List.of(), Duration.ZERO);
    assertThat(handle(touched(user(1, "a")))).isSameAs(WAIT);
    assertThat(redis.evicted).isEmpty();
    lookups =
        plan -> {
          plan.evict("order:7");
          return new Found(null, 1, 1, 0, List.of(), Duration.ZERO);
        };

    assertThat(handle(touched(user(1, "a")))).isEqualTo(Outcome.applied());
    assertThat(redis.evicted).containsExactly("user:1", "order:7");
    assertThat(count("lookups")).isEqualTo(2);
    assertThat(count("lookup.rows")).isEqualTo(1);
  }

  @Test
  void what_cannot_be_read_widens_to_its_table_before_it_is_parked() {
    Outcome outcome = handle(touched(user(1, null)), "no json");

    assertThat(((Outcome.Applied) outcome).parked())
        .extracting(DeadLetter::record)
        .extracting(ConsumerRecord::offset)
        .containsExactly(1L);
    assertThat(redis.evicted).containsExactly("user:1", "user:*");
    assertThat(count("poison")).isEqualTo(1);
    assertThat(count("events")).isEqualTo(1);
  }

  @Test
  void a_tombstone_of_a_foreign_source_widens_unless_its_delete_came_before_it() {
    byte[] key = "k".getBytes(UTF_8);
    byte[] delete = "{\"op\":\"d\",\"before\":{\"id\":1,\"email\":null}}".getBytes(UTF_8);
    ConsumerRecord<byte[], byte[]> deleted =
        new ConsumerRecord<>(USERS.topic(), USERS.partition(), 0, key, delete);
    ConsumerRecord<byte[], byte[]> first =
        new ConsumerRecord<>(USERS.topic(), USERS.partition(), 1, key, null);
    ConsumerRecord<byte[], byte[]> second =
        new ConsumerRecord<>(USERS.topic(), USERS.partition(), 2, "other".getBytes(UTF_8), null);
    InvalidationHandler foreign = handler(true);

    foreign.handle(new ConsumerRecords<>(Map.of(USERS, List.of(deleted, first)), Map.of()));
    assertThat(redis.evicted).containsExactly("user:1");
    foreign.handle(new ConsumerRecords<>(Map.of(USERS, List.of(second)), Map.of()));
    assertThat(redis.evicted).containsExactly("user:1", "user:*");
  }

  @Test
  void nothing_is_parked_or_counted_while_redis_is_away() {
    redis.away = true;

    assertThat(handle("no json")).isInstanceOf(Outcome.Transient.class);
    assertThat(count("poison")).isZero();
  }

  @Test
  void what_has_left_is_told_with_the_offsets_that_it_answers_for() {
    handler.begins(USERS, 0);
    handle(touched(user(1, "a")), "no json");

    assertThat(redis.batches()).hasSize(1);
    assertThat(redis.batches().get(0).ranges())
        .containsExactly(Map.entry("shop.public.users/0", new Range(-1, 1)));
    assertThat(redis.batches().get(0).invalidations())
        .containsExactly(new Invalidation.Key("user:1"), new Invalidation.Pattern("user:*"));
  }

  @Test
  void records_that_are_lost_are_told_without_offsets() {
    handler.offsetsLost(List.of(USERS));

    assertThat(redis.batches().get(0).ranges()).isEmpty();
    assertThat(redis.batches().get(0).invalidations())
        .containsExactly(new Invalidation.Pattern("user:*"));
  }

  @Test
  void what_applications_ask_for_leaves_and_is_told() {
    handler.handle(
        batch(
            REQUESTS,
            "{\"type\":\"key\",\"key\":\"k\"}",
            "{\"type\":\"tag\",\"tag\":\"t\"}",
            "{\"type\":\"version\",\"version\":\"v\"}",
            "{\"type\":\"pattern\",\"pattern\":\"*p\"}"));

    assertThat(redis.evicted).containsExactly("k", "tag t", "version v", "*p");
    assertThat(redis.batches().get(0).invalidations()).hasSize(4);
    assertThat(count("requests")).isEqualTo(4);
    assertThat(count("requests.unbounded")).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "no json",
        "{\"type\":\"all\"}",
        "{\"type\":\"key\"}",
        "{\"type\":\"key\",\"key\":\"\"}",
        "{\"type\":\"batch\",\"ranges\":{},\"items\":[{\"type\":\"key\",\"key\":\"k\"}]}",
        "{\"type\":\"beat\"}"
      })
  void what_is_no_request_is_parked_and_makes_nothing_leave(String value) {
    Outcome outcome = handler.handle(batch(REQUESTS, value));

    assertThat(((Outcome.Applied) outcome).parked()).hasSize(1);
    assertThat(redis.evicted).isEmpty();
  }

  @Test
  void lost_requests_make_everything_old_and_leave() {
    postgres.away = true;
    assertThat(handler.offsetsLost(List.of(REQUESTS))).isInstanceOf(Outcome.Transient.class);
    assertThat(redis.published).isEmpty();
    postgres.away = false;
    handler.offsetsLost(List.of(REQUESTS));

    assertThat(postgres.generation).isEqualTo(1);
    assertThat(redis.evicted).containsExactlyInAnyOrder("user:*", "o:*");
    assertThat(redis.batches().get(0).invalidations()).containsExactly(new Invalidation.All());
  }

  @Test
  void nothing_beats_while_something_is_paused_and_evictions_go_on() {
    handler.groupReads(1);
    vouches = false;
    handle(touched(user(1, "a")));
    handle(touched(user(2, "a")));
    assertThat(redis.evicted).containsExactly("user:1", "user:2");
    assertThat(redis.beats()).isEmpty();

    vouches = true;
    handle(touched(user(3, "a")));
    assertThat(redis.beats()).hasSize(1);
  }

  @Test
  void nothing_beats_before_rules_that_are_to_hold_do() {
    handler.groupReads(1);
    change.propose(change.current());
    handle(touched(user(1, "a")));
    assertThat(redis.beats()).isEmpty();

    handle(touched(user(2, "a")));
    assertThat(redis.beats()).hasSize(1);
  }

  @Test
  void a_worker_that_is_never_idle_beats_too_and_tells_what_it_owns() {
    handler.groupReads(4);
    handler.begins(USERS, 0);
    handle(touched(user(1, "a")));

    assertThat(redis.beats()).hasSize(1);
    assertThat(redis.beats().get(0).positions())
        .containsExactly(Map.entry("shop.public.users/0", -1L));
    assertThat(redis.published.get(0)).isEqualTo(redis.beats().get(0));
  }

  @Test
  void a_new_generation_is_told_as_everything() {
    handler.handle(batch(new TopicPartition(GENERATION, 0), "{\"op\":\"c\"}"));

    assertThat(redis.batches().get(0).invalidations()).containsExactly(new Invalidation.All());
  }

  @Test
  void records_that_are_lost_make_everything_leave_that_their_tables_name() {
    assertThat(handler.offsetsLost(List.of(USERS))).isEqualTo(Outcome.applied());

    assertThat(redis.evicted).containsExactly("user:*");
  }

  @Test
  void a_lost_or_new_generation_makes_everything_leave_that_any_rule_names() {
    handler.offsetsLost(List.of(new TopicPartition(GENERATION, 0)));
    assertThat(redis.evicted).containsExactlyInAnyOrder("user:*", "o:*");
    redis.evicted.clear();

    handler.handle(batch(new TopicPartition(GENERATION, 0), "{\"op\":\"c\"}"));
    assertThat(redis.evicted).containsExactlyInAnyOrder("user:*", "o:*");
  }

  @Test
  void a_new_generation_of_one_table_makes_leave_what_its_rules_name_and_nothing_without_rules() {
    handler.handle(batch(new TopicPartition(GENERATION, 0), generation("public.users")));
    assertThat(redis.evicted).containsExactly("user:*");
    redis.evicted.clear();

    handler.handle(batch(new TopicPartition(GENERATION, 0), generation("public.unknown")));
    assertThat(redis.evicted).isEmpty();

    handler.handle(batch(new TopicPartition(GENERATION, 0), generation("*")));
    assertThat(redis.evicted).containsExactlyInAnyOrder("user:*", "o:*");
  }

  private static String generation(String scope) {
    return "{\"op\":\"u\",\"after\":{\"pipeline\":\"shop\",\"scope\":\"" + scope + "\"}}";
  }

  @Test
  void reading_begins_and_idling_asks_redis_only_when_the_rules_were_checked() {
    assertThat(handler.assigned(List.of(USERS), (partition, offset) -> {}))
        .isInstanceOf(Outcome.Transient.class);
    redis.away = true;
    assertThat(((Outcome.Transient) handler.idle()).what()).contains("check the rules");
  }

  @Test
  void rules_that_do_not_fit_are_fatal() {
    CatalogFacts nothing = new CatalogFacts(Catalog.of(List.of()), Map.of(), Map.of());
    resolved =
        () ->
            new ResolvedRules(rules, Map.of(), RuleCatalogCheck.problems("rules", rules, nothing));

    Outcome outcome = handler.assigned(List.of(USERS), (partition, offset) -> {});

    assertThat(((Outcome.Fatal) outcome).what())
        .contains("there is no table public.users", "there is no table public.orders");
  }

  @Test
  void what_several_events_evict_spares_no_more_dirty_entries_than_each_of_them() {
    handler.handle(
        new ConsumerRecords<>(
            Map.of(
                USERS,
                List.of(
                    echo(touched(user(1, "a")), null),
                    echo(touched(user(2, "a")), null),
                    echo(touched(user(2, "b")), "shop.writes/3/8"),
                    echo(touched(user(2, "c")), "shop.writes/3/5"),
                    echo(touched(user(4, "a")), "shop.writes/3/8"),
                    echo(touched(user(4, "b")), "shop.writes/2/9"))),
            Map.of()));
    handler.handle(batch(new TopicPartition("shop.public.orders", 0), touched(user(5, "a"))));

    assertThat(redis.spared)
        .isEqualTo(
            Map.of(
                "user:1", Spared.PENDING,
                "user:2", Spared.after(3, 8),
                "user:4", Spared.NONE,
                "o:5", Spared.NONE));
    assertThat(redis.batches().get(0).invalidations())
        .containsExactlyInAnyOrder(
            new Invalidation.Key("user:1"),
            new Invalidation.Key("user:2"),
            new Invalidation.Key("user:4"));
  }

  private static ConsumerRecord<byte[], byte[]> echo(String value, @Nullable String of) {
    ConsumerRecord<byte[], byte[]> record =
        new ConsumerRecord<>(USERS.topic(), 0, 0, new byte[0], value.getBytes(UTF_8));
    if (of != null) {
      record.headers().add(Headers.ECHO, of.getBytes(UTF_8));
    }
    return record;
  }

  @Test
  void a_request_spares_nothing_of_what_an_event_would_spare() {
    handler.handle(
        new ConsumerRecords<>(
            Map.of(USERS, List.of(echo(touched(user(1, "a")), null)), REQUESTS, List.of(request())),
            Map.of()));

    assertThat(redis.spared).isEqualTo(Map.of("user:1", Spared.NONE));
  }

  private static ConsumerRecord<byte[], byte[]> request() {
    return new ConsumerRecord<>(
        REQUESTS.topic(),
        0,
        0,
        new byte[0],
        "{\"type\":\"key\",\"key\":\"user:1\"}".getBytes(UTF_8));
  }

  @Test
  void closing_closes_redis() {
    handler.close();

    assertThat(redis.closed).isTrue();
  }

  private double count(String meter) {
    return registry.counter("cachetide.invalidation." + meter).count();
  }

  private Outcome handle(String... values) {
    return handler.handle(batch(USERS, values));
  }

  private static ConsumerRecords<byte[], byte[]> batch(TopicPartition partition, String... values) {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (String value : values) {
      records.add(
          new ConsumerRecord<>(
              partition.topic(), 0, records.size(), new byte[0], value.getBytes(UTF_8)));
    }
    return new ConsumerRecords<>(Map.of(partition, records), Map.of());
  }
}
