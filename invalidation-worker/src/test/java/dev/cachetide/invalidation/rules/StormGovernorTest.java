package dev.cachetide.invalidation.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.invalidation.rules.StormGovernor.Sweep;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class StormGovernorTest {

  private static final Limits TEN = new Limits(1_000, 10, null);
  private static final TransactionId BULK = new TransactionId(7, 1);

  private final Rule rule = rule();
  private final Rule other = rule();
  private final StormGovernor governor = new StormGovernor();

  private static Rule rule() {
    return new Rule(
        "rules[0]",
        "rule",
        "public",
        "t",
        Condition.ALWAYS,
        List.of(),
        List.of(),
        false,
        false,
        TEN,
        List.of());
  }

  @Test
  void up_to_the_limit_nothing_is_due() {
    governor.count(BULK, rule, 5);
    governor.count(BULK, rule, 5);

    assertThat(governor.due()).isNull();
    assertThat(governor.counted(BULK, rule)).isEqualTo(10);
  }

  @Test
  void beyond_the_limit_a_sweep_is_due_once_and_covers_nothing_before_it_has_ended() {
    governor.count(BULK, rule, 11);
    Sweep sweep = Objects.requireNonNull(governor.due());

    assertThat(sweep.rule()).isSameAs(rule);
    assertThat(governor.due()).isNull();
    assertThat(governor.covers(BULK, rule)).isFalse();
    governor.count(BULK, rule, 11);
    assertThat(governor.due()).isNull();
    governor.swept(sweep);
    assertThat(governor.covers(BULK, rule)).isTrue();
  }

  @Test
  void a_sweep_that_failed_is_due_again() {
    governor.count(BULK, rule, 11);
    governor.failed(Objects.requireNonNull(governor.due()));

    assertThat(governor.due()).isNotNull();
    assertThat(governor.covers(BULK, rule)).isFalse();
  }

  @Test
  void a_sweep_covers_its_rule_and_its_transactions_alone() {
    governor.count(BULK, rule, 11);
    governor.count(new TransactionId(8, 1), rule, 11);
    Sweep sweep = Objects.requireNonNull(governor.due());
    governor.count(new TransactionId(9, 1), rule, 11);
    governor.swept(sweep);

    assertThat(governor.covers(BULK, rule)).isTrue();
    assertThat(governor.covers(new TransactionId(8, 1), rule)).isTrue();
    assertThat(governor.covers(new TransactionId(9, 1), rule)).isFalse();
    assertThat(governor.covers(BULK, other)).isFalse();
    assertThat(governor.coversAll(BULK, List.of(rule))).isTrue();
    assertThat(governor.coversAll(BULK, List.of(rule, other))).isFalse();
    assertThat(governor.coversAll(BULK, List.of())).isFalse();
  }

  @Test
  void an_id_that_is_used_again_is_another_transaction() {
    governor.count(BULK, rule, 11);
    governor.swept(Objects.requireNonNull(governor.due()));

    assertThat(governor.covers(new TransactionId(BULK.xid(), 2), rule)).isFalse();
    assertThat(governor.covers(null, rule)).isFalse();
  }

  @Test
  void only_so_many_transactions_are_remembered_and_the_one_in_use_is_kept() {
    governor.count(BULK, rule, 11);
    governor.swept(Objects.requireNonNull(governor.due()));
    for (int i = 0; i < 3 * StormGovernor.MOST_TRANSACTIONS; i++) {
      governor.count(new TransactionId(100 + i, 1), rule, 1);
      assertThat(governor.covers(BULK, rule)).isTrue();
    }
    for (int i = 0; i < StormGovernor.MOST_TRANSACTIONS; i++) {
      governor.count(new TransactionId(100 + i, 2), rule, 1);
    }

    assertThat(governor.covers(BULK, rule)).isFalse();
  }

  @Test
  void a_transaction_that_was_forgotten_is_not_swept_for() {
    governor.count(BULK, rule, 11);
    for (int i = 0; i < StormGovernor.MOST_TRANSACTIONS; i++) {
      governor.count(new TransactionId(100 + i, 2), rule, 1);
    }

    assertThat(governor.due()).isNull();
  }

  @Test
  void forgetting_leaves_nothing_and_the_rules_that_were_trusted_are_told_before() {
    governor.count(BULK, rule, 11);
    governor.swept(Objects.requireNonNull(governor.due()));
    assertThat(governor.trusted()).containsExactly(rule);

    governor.forget();

    assertThat(governor.trusted()).isEmpty();
    assertThat(governor.covers(BULK, rule)).isFalse();
    assertThat(governor.counted(BULK, rule)).isZero();
  }
}
