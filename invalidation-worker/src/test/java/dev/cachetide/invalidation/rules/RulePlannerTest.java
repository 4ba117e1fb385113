package dev.cachetide.invalidation.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.invalidation.rules.ChangeEvent.Operation;
import dev.cachetide.runtime.settings.RuleSettings;
import dev.cachetide.runtime.settings.RuleSettings.EvictSettings;
import dev.cachetide.runtime.settings.RuleSettings.Kind;
import java.util.Arrays;
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

  @Test
  void tags_versions_and_patterns_of_both_images_leave() {
    RuleSet mixed =
        rules(
            item(Kind.TAG, "category:{category}"),
            item(Kind.VERSION, "catalogue:{category}"),
            item(Kind.PATTERN, "list:{category}:*"));
    plan(mixed, Operation.UPDATE, row("category", "a"), row("category", "b"));

    assertThat(plan.tags()).containsExactly("category:a", "category:b");
    assertThat(plan.versions()).containsExactly("catalogue:a", "catalogue:b");
    assertThat(plan.patterns()).containsExactly("list:a:*", "list:b:*");
    assertThat(plan.keys()).isEmpty();
  }

  @Test
  void values_bring_no_wildcard_into_a_pattern() {
    RuleSet pattern = rules(item(Kind.PATTERN, "list:{category}:[0-9]*"));
    plan(pattern, Operation.CREATE, null, row("category", "*[a-z]?\\^:"));

    assertThat(plan.patterns()).containsExactly("list:\\*\\[a-z\\]\\?\\\\\\^%3A:[0-9]*");
  }

  @Test
  void what_cannot_be_rendered_and_a_truncate_widen_to_every_tag_version_and_pattern() {
    RuleSet mixed =
        rules(
            item(Kind.TAG, "category:{category}"),
            item(Kind.VERSION, "catalogue:{category}"),
            item(Kind.PATTERN, "list:{category}:*"));
    plan(mixed, Operation.CREATE, null, row("id", "1"));
    Plan truncated = new Plan();
    RulePlanner.wants(
            new ChangeEvent(Operation.TRUNCATE, null, null, 1, 1),
            mixed.of("public", "users"),
            null)
        .forEach(truncated::add);

    for (Plan each : List.of(plan, truncated, RuleSet.everything(mixed.rules()))) {
      assertThat(each.tagPatterns()).containsExactly("category:*");
      assertThat(each.versionPatterns()).containsExactly("catalogue:*");
      assertThat(each.patterns()).containsExactly("list:*:*");
    }
    assertThat(plan.widened()).isEqualTo(3);
  }

  @Test
  void many_patterns_of_one_template_become_its_widest_one() {
    RuleSet pattern = rules(item(Kind.PATTERN, "list:{id}:*"));
    for (int id = 0; id < Plan.MOST_ALIKE; id++) {
      plan(pattern, Operation.CREATE, null, row("id", "" + id));
    }
    assertThat(plan.patterns()).hasSize(Plan.MOST_ALIKE);
    for (int id = 100; id < 200; id++) {
      plan(pattern, Operation.CREATE, null, row("id", "" + id));
    }

    assertThat(plan.patterns()).containsExactly("list:*:*");
    assertThat(plan.widened()).isOne();
  }

  private boolean plan(
      RuleSet some, Operation operation, @Nullable RowImage before, @Nullable RowImage after) {
    List<Want> wants =
        RulePlanner.wants(
            new ChangeEvent(operation, before, after, 1, 1), some.of("public", "users"), null);
    wants.forEach(plan::add);
    return wants.stream().anyMatch(want -> want.reason().isMismatch());
  }

  private boolean plan(Operation operation, @Nullable RowImage before, @Nullable RowImage after) {
    return plan(rules, operation, before, after);
  }

  private static RowImage row(String... columnsAndValues) {
    Map<String, String> values = new java.util.HashMap<>();
    for (int i = 0; i < columnsAndValues.length; i += 2) {
      values.put(columnsAndValues[i], columnsAndValues[i + 1]);
    }
    return new RowImage(values, Set.of());
  }

  private static RuleSet rules(String... templates) {
    return rules(
        Arrays.stream(templates)
            .map(template -> item(Kind.KEY, template))
            .toArray(EvictSettings[]::new));
  }

  private static EvictSettings item(Kind kind, String template) {
    return new EvictSettings("rules[0].evict", kind, template);
  }

  private static RuleSet rules(EvictSettings... evict) {
    RuleSet.Result result =
        RuleSet.compile(
            "file",
            List.of(new RuleSettings("rules[0]", "users", "public", "users", List.of(evict))));
    return ((RuleSet.Result.Compiled) result).rules();
  }
}
