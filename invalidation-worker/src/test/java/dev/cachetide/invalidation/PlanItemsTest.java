package dev.cachetide.invalidation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.invalidation.rules.Plan;
import dev.cachetide.wire.Invalidation;
import org.junit.jupiter.api.Test;

final class PlanItemsTest {

  private static final Invalidation ALL = new Invalidation.All();
  private final Plan plan = new Plan();

  @Test
  void everything_that_a_plan_names_is_told() {
    plan.evict("k");
    plan.evictTag("t");
    plan.evictVersion("v");
    plan.evictMatching("p*");
    assertThat(PlanItems.of(plan))
        .containsExactly(
            new Invalidation.Key("k"),
            new Invalidation.Tag("t"),
            new Invalidation.Version("v"),
            new Invalidation.Pattern("p*"));
  }

  @Test
  void a_thousand_items_are_told_and_one_more_is_all() {
    for (int i = 0; i < PlanItems.MOST_ITEMS; i++) {
      plan.evict("k" + i);
    }
    assertThat(PlanItems.of(plan)).hasSize(PlanItems.MOST_ITEMS);
    plan.evictTag("t");
    assertThat(PlanItems.of(plan)).containsExactly(ALL);
  }

  @Test
  void a_target_that_no_listener_could_read_is_all() {
    plan.evict("k".repeat(PlanItems.MOST_CHARACTERS + 1));
    assertThat(PlanItems.of(plan)).containsExactly(ALL);
  }

  @Test
  void tags_and_versions_by_pattern_are_all_since_listeners_know_names_only() {
    plan.evictTagsMatching("t*");
    assertThat(PlanItems.of(plan)).containsExactly(ALL);
    Plan versions = new Plan();
    versions.evictVersionsMatching("v*");
    assertThat(PlanItems.of(versions)).containsExactly(ALL);
  }

  @Test
  void a_plan_without_anything_is_told_as_such() {
    assertThat(PlanItems.of(plan)).isEmpty();
  }
}
