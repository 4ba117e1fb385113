package dev.cachetide.invalidation.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.invalidation.rules.ChangeEvent.Operation;
import dev.cachetide.runtime.settings.RuleSettings;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class RulePlannerTest {

  private final RuleSet rules = rules("user:{id}", "user:email:{email}");
  private final Plan plan = new Plan();

  @Test
  void an_update_evicts_the_keys_of_the_row_as_it_was_and_as_it_is() {
    boolean lacking =
        plan(Operation.UPDATE, row("id", "1", "email", "a"), row("id", "1", "email", "b"));

    assertThat(lacking).isFalse();
    assertThat(plan.keys()).containsExactlyInAnyOrder("user:1", "user:email:a", "user:email:b");
    assertThat(plan.patterns()).isEmpty();
  }

  @Test
  void an_update_that_tells_nothing_of_the_row_before_evicts_the_keys_of_the_row_after() {
    plan(Operation.UPDATE, null, row("id", "1", "email", "a"));

    assertThat(plan.keys()).containsExactlyInAnyOrder("user:1", "user:email:a");
  }

  @Test
  void a_delete_evicts_the_keys_of_the_row_before() {
    plan(Operation.DELETE, row("id", "1", "email", "a"), null);

    assertThat(plan.keys()).containsExactlyInAnyOrder("user:1", "user:email:a");
  }

  @Test
  void a_truncate_evicts_every_pattern_of_the_table() {
    plan(Operation.TRUNCATE, null, null);

    assertThat(plan.keys()).isEmpty();
    assertThat(plan.patterns()).containsExactlyInAnyOrder("user:*", "user:email:*");
  }

  @Test
  void a_column_that_an_image_lacks_widens_its_template_alone_and_is_reported() {
    boolean lacking = plan(Operation.CREATE, null, row("id", "1"));

    assertThat(lacking).isTrue();
    assertThat(plan.keys()).containsExactly("user:1");
    assertThat(plan.patterns()).containsExactly("user:email:*");
    assertThat(plan.widened()).isOne();
  }

  @Test
  void a_value_that_was_not_repeated_is_taken_from_the_other_image() {
    RowImage after = new RowImage(Map.of("id", "1"), Set.of("email"));

    boolean lacking = plan(Operation.UPDATE, row("id", "1", "email", "a"), after);

    assertThat(lacking).isFalse();
    assertThat(plan.keys()).containsExactlyInAnyOrder("user:1", "user:email:a");
    assertThat(plan.patterns()).isEmpty();
  }

  @Test
  void a_value_that_neither_image_repeats_widens_without_being_a_mistake() {
    RowImage after = new RowImage(Map.of("id", "1"), Set.of("email"));

    boolean lacking = plan(Operation.UPDATE, null, after);

    assertThat(lacking).isFalse();
    assertThat(plan.patterns()).containsExactly("user:email:*");
  }

  @Test
  void the_same_key_of_many_events_is_evicted_once() {
    for (int i = 0; i < 100; i++) {
      plan(Operation.UPDATE, null, row("id", "1", "email", "a"));
    }

    assertThat(plan.keys()).hasSize(2);
  }

  private boolean plan(Operation operation, @Nullable RowImage before, @Nullable RowImage after) {
    return RulePlanner.plan(
        new ChangeEvent(operation, before, after, 1, 1), rules.of("public", "users"), plan);
  }

  private static RowImage row(String... columnsAndValues) {
    Map<String, String> values = new java.util.HashMap<>();
    for (int i = 0; i < columnsAndValues.length; i += 2) {
      values.put(columnsAndValues[i], columnsAndValues[i + 1]);
    }
    return new RowImage(values, Set.of());
  }

  private static RuleSet rules(String... templates) {
    List<RuleSettings.EvictSettings> evict =
        java.util.Arrays.stream(templates)
            .map(template -> new RuleSettings.EvictSettings("rules[0].evict", template))
            .toList();
    RuleSet.Result result =
        RuleSet.compile(
            "file", List.of(new RuleSettings("rules[0]", "users", "public", "users", evict)));
    return ((RuleSet.Result.Compiled) result).rules();
  }
}
