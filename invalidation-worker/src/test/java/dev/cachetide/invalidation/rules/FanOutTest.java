package dev.cachetide.invalidation.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.invalidation.rules.ChangeEvent.Operation;
import dev.cachetide.runtime.settings.FanOutSettings;
import dev.cachetide.runtime.settings.FanOutSettings.Through;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.runtime.settings.RuleSettings;
import dev.cachetide.runtime.settings.RuleSettings.EvictSettings;
import dev.cachetide.runtime.settings.RuleSettings.Kind;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class FanOutTest {

  private static final String AT = "rules[0].fan_out[0]";

  private static RuleSettings products(FanOutSettings fanOut) {
    return new RuleSettings("rules[0]", "products", "public", "products", List.of())
        .withFanOut(fanOut);
  }

  private static RuleSettings orders(Kind kind, String template) {
    return new RuleSettings(
        "rules[1]",
        "orders",
        "public",
        "orders",
        List.of(new EvictSettings("rules[1].evict[0]", kind, template)));
  }

  private static FanOutSettings through(Kind kind, String template) {
    return new FanOutSettings(
        AT,
        new EvictSettings(AT + "." + kind.key(), kind, template),
        null,
        new Through("public", "orders", List.of(), List.of()),
        10,
        new EvictSettings(AT + ".above.tag", Kind.TAG, "of:{category}"));
  }

  private static List<Problem> problems(RuleSettings... rules) {
    RuleSet.Result result = RuleSet.compile("file", List.of(rules));
    return result instanceof RuleSet.Result.Refused refused ? refused.problems() : List.of();
  }

  private static List<Rule> rules() {
    RuleSet.Result result =
        RuleSet.compile(
            "file",
            List.of(products(through(Kind.KEY, "order:{id}")), orders(Kind.KEY, "order:{id}")));
    return ((RuleSet.Result.Compiled) result).rules().of("public", "products");
  }

  private static RowImage image(@Nullable String id, @Nullable String category) {
    Map<String, @Nullable String> row = new HashMap<>();
    row.put("id", id);
    row.put("category", category);
    return new RowImage(row, Set.of());
  }

  /** Order 9 moves away from product 5 before its price change is looked up: see FanOut. */
  @Test
  void a_relation_whose_rows_no_rule_evicts_is_refused_with_the_rule_that_is_missing() {
    FanOutSettings fanOut = through(Kind.KEY, "order:{id}");

    assertThat(problems(products(fanOut), orders(Kind.KEY, "order:{id}"))).isEmpty();
    for (RuleSettings other :
        List.of(orders(Kind.KEY, "order:{number}"), orders(Kind.TAG, "order:{id}"))) {
      assertThat(problems(products(fanOut), other))
          .singleElement()
          .satisfies(
              problem -> {
                assertThat(problem.path()).isEqualTo(AT + ".key");
                assertThat(problem.message())
                    .isEqualTo(
                        "no rule on public.orders evicts the key 'order:{id}', so that it would"
                            + " stay for a row that leaves the relation meanwhile");
                assertThat(problem.fix())
                    .isEqualTo(
                        "add a rule with source: { schema: public, table: orders } and"
                            + " evict: [ { key: \"order:{id}\" } ], and no when");
              });
    }
  }

  @Test
  void everything_and_a_truncate_take_what_any_related_row_could_name() {
    Plan truncated = new Plan();
    ChangeEvent event = new ChangeEvent(Operation.TRUNCATE, null, null, -1, -1);
    RulePlanner.wants(event, rules(), null).forEach(truncated::add);
    RulePlanner.lookUp(event, rules(), null, truncated);

    for (Plan plan : List.of(truncated, RuleSet.everything(rules()))) {
      assertThat(plan.patterns()).containsExactly("order:*");
      assertThat(plan.tagPatterns()).containsExactly("of:*");
      assertThat(plan.lookups()).isEmpty();
    }
  }

  @Test
  void each_value_is_looked_up_once_and_stands_for_every_row_that_had_it() {
    ChangeEvent moved = new ChangeEvent(Operation.UPDATE, image("1", "a"), image("2", "a"), -1, -1);
    ChangeEvent recategorized =
        new ChangeEvent(Operation.UPDATE, image("1", "b"), image("1", "c"), -1, -1);
    Plan plan = new Plan();
    List<Rule> rules = rules();
    List.of(moved, recategorized).forEach(event -> RulePlanner.lookUp(event, rules, null, plan));
    var lookup = plan.lookups().entrySet().iterator().next();
    LookupTuples tuples = LookupTuples.of(List.of("id"), lookup.getValue());

    assertThat(tuples.values()).containsExactly(List.of("1"), List.of("2"));
    assertThat(tuples.complete()).isTrue();
    Plan above = new Plan();
    tuples.aboveCap(lookup.getKey(), List.of("1"), above);
    assertThat(above.tags()).containsExactlyInAnyOrder("of:a", "of:b", "of:c");
  }

  @Test
  void above_the_cap_a_row_that_does_not_tell_its_columns_takes_everything() {
    RowImage silent = new RowImage(Map.of("id", "1"), Set.of("category"));
    ChangeEvent event = new ChangeEvent(Operation.UPDATE, null, silent, -1, -1);
    Plan lookups = new Plan();
    RulePlanner.lookUp(event, rules(), null, lookups);
    Plan plan = new Plan();
    lookups
        .lookups()
        .forEach(
            (lookup, rows) ->
                LookupTuples.of(List.of("id"), rows).aboveCap(lookup, List.of("1"), plan));

    assertThat(plan.patterns()).containsExactly("order:*");
    assertThat(plan.widened()).isEqualTo(1);
  }
}
