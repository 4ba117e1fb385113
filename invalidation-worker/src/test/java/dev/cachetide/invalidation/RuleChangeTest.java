package dev.cachetide.invalidation;

import static dev.cachetide.invalidation.Pipeline.rule;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.invalidation.rules.Plan;
import dev.cachetide.invalidation.rules.RuleSet;
import dev.cachetide.runtime.Outcome;
import dev.cachetide.runtime.settings.RuleSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

final class RuleChangeTest {

  private static final TopicPartition USERS = new TopicPartition("shop.public.users", 0);
  private static final TopicPartition ORDERS = new TopicPartition("shop.public.orders", 0);
  private static final TopicPartition REQUESTS = new TopicPartition("shop.invalidations", 0);
  private static final Outcome AWAY =
      new Outcome.Transient("reach Redis", new IllegalStateException("away"));

  private final AppliedRules old = rules(rule("users", "user:{id}"), rule("orders", "o:{id}"));
  private final AppliedRules other =
      rules(rule("orders", "o:{id}"), rule("users", "user:{id}", "mail:{email}"));
  private final InMemoryLedger ledger = new InMemoryLedger();
  private final List<Set<String>> left = new ArrayList<>();
  private Outcome redis = Outcome.applied();
  private long nanos;
  private final RuleChange change = worker(old);

  private static AppliedRules rules(RuleSettings... settings) {
    RuleSet rules = ((RuleSet.Result.Compiled) RuleSet.compile("file", List.of(settings))).rules();
    return new AppliedRules(
        rules, new SourceTopics(rules, "shop", null, REQUESTS.topic(), null), Map.of());
  }

  private RuleChange worker(AppliedRules rules) {
    return new RuleChange(rules, ledger, UnaryOperator.identity(), held -> {}, () -> nanos);
  }

  private Outcome flush(Plan plan) {
    if (redis instanceof Outcome.Applied) {
      left.add(plan.patterns());
    }
    return redis;
  }

  private Outcome takeOver(RuleChange worker, TopicPartition... partitions) {
    return worker.takeOver(List.of(partitions), this::flush);
  }

  @Test
  void a_partition_that_nobody_read_makes_what_its_rules_name_leave_and_the_second_time_nothing() {
    assertThat(takeOver(change, USERS, REQUESTS)).isEqualTo(Outcome.applied());
    assertThat(takeOver(worker(old), USERS, REQUESTS)).isEqualTo(Outcome.applied());

    assertThat(left).containsExactly(Set.of("user:*"));
    assertThat(ledger.bumps).isEqualTo(1);
    assertThat(ledger.notes).containsOnlyKeys(USERS);
  }

  @Test
  void changed_rules_make_leave_what_they_named_and_what_they_name() {
    takeOver(change, USERS, ORDERS);
    left.clear();

    change.propose(other);
    assertThat(change.current()).isSameAs(old);
    assertThat(change.whenProposed(this::flush)).isEqualTo(Outcome.applied());

    assertThat(change.current()).isSameAs(other);
    assertThat(left).containsExactly(Set.of("user:*", "mail:*"));
    assertThat(ledger.bumps).isEqualTo(2);
    assertThat(ledger.notes.get(USERS)).isEqualTo(other.fingerprint(USERS.topic()));
  }

  /** The hole that one note for the whole pipeline would leave. */
  @Test
  void workers_replaced_one_by_one_evict_for_every_partition_that_the_old_rules_read_last() {
    takeOver(change, USERS);
    takeOver(change, new TopicPartition(USERS.topic(), 1));
    left.clear();

    takeOver(worker(other), USERS);
    assertThat(left).hasSize(1);
    // The old worker has gone on with its other partition meanwhile.
    takeOver(worker(other), new TopicPartition(USERS.topic(), 1));
    assertThat(left).hasSize(2);
    takeOver(worker(old), USERS);
    takeOver(worker(other), USERS);
    assertThat(left).hasSize(4);
  }

  @Test
  void other_names_order_and_files_change_nothing() {
    takeOver(change, USERS, ORDERS);
    left.clear();
    change.propose(
        rules(
            new RuleSettings(
                "rules[0]", "renamed", "public", "orders", rule("x", "o:{id}").evict()),
            rule("users", "user:{id}")));
    change.whenProposed(this::flush);

    assertThat(left).isEmpty();
    assertThat(ledger.bumps).isEqualTo(1);
    assertThat(change.current()).isNotSameAs(old);
  }

  @Test
  void the_old_rules_go_on_while_postgres_cannot_bump() {
    takeOver(change, USERS);
    left.clear();
    ledger.away = true;
    change.propose(other);

    assertThat(change.whenProposed(this::flush)).isEqualTo(Outcome.applied());
    assertThat(change.current()).isSameAs(old);
    ledger.away = false;
    assertThat(change.whenProposed(this::flush)).isEqualTo(Outcome.applied());
    assertThat(change.current()).as("not asked with every batch").isSameAs(old);
    nanos += Duration.ofSeconds(1).toNanos();
    change.whenProposed(this::flush);

    assertThat(change.current()).isSameAs(other);
    assertThat(left).hasSize(1);
  }

  @Test
  void nothing_is_read_by_the_new_rules_while_redis_cannot_evict() {
    takeOver(change, USERS);
    left.clear();
    redis = AWAY;
    change.propose(other);
    assertThat(change.whenProposed(this::flush)).isSameAs(AWAY);
    assertThat(change.whenProposed(this::flush)).isSameAs(AWAY);
    assertThat(ledger.notes.get(USERS)).isEqualTo(old.fingerprint(USERS.topic()));

    redis = Outcome.applied();
    assertThat(change.whenProposed(this::flush)).isEqualTo(Outcome.applied());
    assertThat(left).containsExactly(Set.of("user:*", "mail:*"));
    assertThat(ledger.bumps).isEqualTo(2);
    assertThat(ledger.notes.get(USERS)).isEqualTo(other.fingerprint(USERS.topic()));
  }

  @Test
  void partitions_that_were_given_away_are_not_noted() {
    takeOver(change, USERS, ORDERS);
    change.forget(List.of(USERS));
    change.propose(other);
    change.whenProposed(this::flush);

    assertThat(ledger.notes.get(USERS)).isEqualTo(old.fingerprint(USERS.topic()));
  }

  @Test
  void a_takeover_waits_for_redis_and_for_postgres() {
    redis = AWAY;
    assertThat(takeOver(change, USERS)).isSameAs(AWAY);
    assertThat(ledger.bumps).isZero();
    redis = Outcome.applied();
    ledger.away = true;
    assertThat(takeOver(change, USERS)).isInstanceOf(Outcome.Transient.class);
    ledger.away = false;
    assertThat(takeOver(change, USERS)).isEqualTo(Outcome.applied());
    assertThat(ledger.notes).containsOnlyKeys(USERS);
  }

  @Test
  void rules_that_are_gone_make_leave_what_they_named() {
    takeOver(change, USERS, ORDERS);
    left.clear();
    change.propose(rules(rule("users", "user:{id}")));
    change.whenProposed(this::flush);

    assertThat(left).containsExactly(Set.of("o:*"));
  }
}
