package dev.cachetide.invalidation.rules;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.cachetide.internal.fenced.Spared;
import dev.cachetide.invalidation.rules.ChangeEvent.Operation;
import dev.cachetide.invalidation.rules.Want.Reason;
import dev.cachetide.runtime.settings.RuleSettings;
import dev.cachetide.runtime.settings.RuleSettings.EvictSettings;
import dev.cachetide.runtime.settings.RuleSettings.Kind;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Conditions, images, formats and lists: what a rule makes of an event. */
final class ChangedRowRulesTest {

  private static final ReplicaColumns FULL =
      new ReplicaColumns(Set.of("id", "status", "price", "tags", "email"), true);
  private static final ReplicaColumns KEY = new ReplicaColumns(Set.of("id"), false);

  @Test
  void old_and_new_name_one_image() {
    Rule rule = rule(null, "a:{old.status}", "b:{new.status}", "c:{old.status}:{new.status}");
    assertThat(targets(update("status: x", "status: y"), rule, FULL))
        .containsExactly("a:x", "b:y", "c:x:y");
    assertThat(targets(create("status: y"), rule, FULL)).containsExactly("b:y");
    assertThat(targets(delete("status: x"), rule, FULL)).containsExactly("a:x");
  }

  @Test
  void a_bare_column_beside_an_old_one_is_rendered_for_both_images() {
    Rule rule = rule(null, "m:{id}:{old.status}");
    assertThat(targets(update("{id: 1, status: x}", "{id: 2, status: y}"), rule, FULL))
        .containsExactly("m:1:x", "m:2:x");
    assertThat(targets(create("{id: 1, status: x}"), rule, FULL)).isEmpty();
  }

  @Test
  void elements_of_both_images_leave() {
    Rule rule = rule(null, "tag:{tags[]|lower}");
    assertThat(targets(update("tags: '[\"A\",\"b\"]'", "tags: '[\"b\",\"C\"]'"), rule, FULL))
        .containsExactly("tag:a", "tag:b", "tag:b", "tag:c");
  }

  @Test
  void what_a_format_does_not_fit_widens_and_is_a_mismatch() {
    Rule rule = rule(null, "tag:{tags[]}");
    List<Want> wants = RulePlanner.wants(create("tags: text"), List.of(rule), FULL);
    assertThat(wants).extracting(Want::reason).containsExactly(Reason.UNFIT);
    assertThat(wants).allMatch(want -> want.widened() && want.reason().isMismatch());
  }

  @Test
  void a_row_that_names_too_many_keys_widens() {
    String tags = "tags: '" + IntStream.range(0, 200).boxed().toList() + "'";
    Rule rule = rule(null, "tag:{tags[]}:{tags[]}");
    List<Want> wants = RulePlanner.wants(create(tags), List.of(rule), FULL);
    assertThat(wants).extracting(Want::reason).containsExactly(Reason.TOO_MANY);
    assertThat(wants).noneMatch(want -> want.reason().isMismatch());
  }

  @Test
  void an_update_without_the_row_before_has_not_changed_its_replica_identity() {
    Rule rule = rule(null, "a:{old.id}", "b:{id}");
    assertThat(targets(update(null, "id: 7"), rule, KEY)).containsExactly("a:7", "b:7", "b:7");
  }

  @Test
  void an_old_value_outside_the_replica_identity_is_not_told_whatever_stands_there() {
    Rule rule = rule(null, "b:{status}");
    for (ChangeEvent event :
        List.of(
            update(null, "{id: 7, status: y}"),
            update("{id: 6, status: null}", "{id: 7, status: y}"))) {
      List<Want> wants = RulePlanner.wants(event, List.of(rule), KEY);
      assertThat(wants).extracting(Want::reason).containsExactly(Reason.OLD_UNTOLD, Reason.NEW_ROW);
    }
  }

  @Test
  void an_identity_that_became_smaller_under_way_is_noticed() {
    Rule rule = rule(null, "b:{status}");
    assertThat(RulePlanner.wants(update(null, "{id: 7, status: y}"), List.of(rule), FULL))
        .extracting(Want::reason)
        .containsExactly(Reason.OLD_UNTOLD, Reason.NEW_ROW);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      value = {
        "{op: [create]} ! false",
        "{op: [update, delete]} ! true",
        "{changed: [status]} ! true",
        "{changed: [id]} ! false",
        "{changed: [id, price]} ! true",
        "{old: {status: draft}} ! true",
        "{new: {status: draft}} ! false",
        "{row: {status: draft}} ! true",
        "{row: {status: live}} ! true",
        "{row: {status: gone}} ! false",
        "{row: {status: draft, price: 7.5}} ! false",
        "{old: {status: draft, price: 5}} ! true",
        "{old: {status: [live, draft]}} ! true",
        "{old: {status: null}} ! false",
        "{new: {email: null}} ! true",
        "{new: {email: {not: null}}} ! false",
        "{new: {email: {not: x}}} ! true",
        "{new: {email: {below: 3}}} ! false",
        "{new: {status: {not: [live, draft]}}} ! false",
        "{new: {price: {above: 7, at_most: 7.50}}} ! true",
        "{new: {price: {below: 7.5}}} ! false",
        "{new: {price: {at_least: 8}}} ! false",
        "{new: {status: {below: 5}}} ! true",
        "{new: {status: {like: 'l%'}}} ! true",
        "{new: {status: {like: 'l_v'}}} ! false",
        "{new: {status: {like: 'l_ve', not: live}}} ! false",
        "{any: [{op: [delete]}, {changed: [price]}]} ! true",
        "{any: [{op: [delete]}, {changed: [id]}]} ! false",
        "{not: {changed: [price]}} ! false",
        "{not: {op: [delete]}, old: {status: draft}} ! true",
        "{new: {unknown: x}} ! true",
        "{not: {new: {unknown: x}}} ! true",
        "{new: {unknown: x}, op: [delete]} ! false",
      })
  void a_condition_holds_or_does_not(String when, boolean holds) {
    ChangeEvent event =
        update(
            "{id: 1, status: draft, price: '5.00', email: a}",
            "{id: 1, status: live, price: '7.5', email: null}");
    assertThat(targets(event, rule(when, "k:{new.id}"), FULL)).as(when).hasSize(holds ? 1 : 0);
  }

  @Test
  void conditions_on_an_image_that_is_not_there_do_not_hold() {
    assertThat(targets(create("id: 1"), rule("{old: {id: 1}}", "k"), FULL)).isEmpty();
    assertThat(targets(delete("id: 1"), rule("{new: {id: 1}}", "k"), FULL)).isEmpty();
    assertThat(targets(delete("id: 1"), rule("{row: {id: 1}}", "k"), FULL)).hasSize(1);
    assertThat(targets(create("id: 1"), rule("{changed: [status]}", "k"), FULL)).hasSize(1);
  }

  @Test
  void a_condition_that_the_event_does_not_decide_holds() {
    Rule changed = rule("{changed: [status]}", "k:{new.id}");
    assertThat(targets(update(null, "{id: 1, status: x}"), changed, KEY)).hasSize(1);
    Rule old = rule("{not: {old: {status: x}}}", "k:{new.id}");
    assertThat(targets(update(null, "{id: 1, status: x}"), old, KEY)).hasSize(1);
  }

  @Test
  void emptying_the_table_passes_every_condition() {
    Rule rule = rule("{op: [create]}", "k:{id}");
    assertThat(
            RulePlanner.wants(
                new ChangeEvent(Operation.TRUNCATE, null, null, 1, 1), List.of(rule), FULL))
        .extracting(Want::reason)
        .containsExactly(Reason.TRUNCATED);
  }

  @Test
  void own_writes_are_passed_over_where_the_rule_says_so() {
    ChangeEvent echo =
        new ChangeEvent(Operation.CREATE, null, row("id: 1"), 1, /* echo= */ true, 1);
    Rule skipping = rule(null, true, "k:{id}");
    assertThat(targets(echo, skipping, FULL)).isEmpty();
    assertThat(targets(create("id: 1"), skipping, FULL)).hasSize(1);
    assertThat(targets(echo, rule(null, "k:{id}"), FULL)).hasSize(1);
  }

  @Test
  void a_rule_that_may_pass_over_an_echo_spares_no_dirty_entry() {
    ChangeEvent event = create("id: 1").sparing(Spared.PENDING);
    assertThat(rule(null, "k:{id}").spared(event)).isEqualTo(Spared.PENDING);
    assertThat(rule(null, true, "k:{id}").spared(event)).isEqualTo(Spared.NONE);
    assertThat(rule("{changed: [id]}", "k:{id}").spared(event)).isEqualTo(Spared.NONE);
  }

  private static List<String> targets(ChangeEvent event, Rule rule, ReplicaColumns identity) {
    List<Want> wants = RulePlanner.wants(event, List.of(rule), identity);
    assertThat(wants).allMatch(want -> !want.widened());
    return wants.stream().map(want -> String.valueOf(want.target())).toList();
  }

  private static Rule rule(@Nullable String when, String... keys) {
    return rule(when, false, keys);
  }

  private static Rule rule(@Nullable String when, boolean skipOwnWrites, String... keys) {
    RuleSet.Result result =
        RuleSet.compile(
            "file",
            List.of(
                new RuleSettings(
                    "rules[0]",
                    "r",
                    "public",
                    "t",
                    when == null ? MissingNode.getInstance() : yaml(when),
                    Arrays.stream(keys).map(key -> new EvictSettings("p", Kind.KEY, key)).toList(),
                    skipOwnWrites,
                    false)));
    return ((RuleSet.Result.Compiled) result).rules().rules().get(0);
  }

  private static ChangeEvent create(String after) {
    return new ChangeEvent(Operation.CREATE, null, row(after), 1, 1);
  }

  private static ChangeEvent update(@Nullable String before, String after) {
    return new ChangeEvent(Operation.UPDATE, before == null ? null : row(before), row(after), 1, 1);
  }

  private static ChangeEvent delete(String before) {
    return new ChangeEvent(Operation.DELETE, row(before), null, 1, 1);
  }

  private static RowImage row(String yaml) {
    Map<String, @Nullable String> values = new HashMap<>();
    yaml(yaml)
        .properties()
        .forEach(
            column ->
                values.put(
                    column.getKey(),
                    column.getValue().isNull() ? null : column.getValue().asText()));
    return new RowImage(values, Set.of());
  }

  private static JsonNode yaml(String text) {
    try {
      return new YAMLMapper().readTree(text);
    } catch (IOException e) {
      throw new IllegalArgumentException(text, e);
    }
  }
}
