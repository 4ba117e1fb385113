package dev.cachetide.writebehind;

import static dev.cachetide.writebehind.Ops.delete;
import static dev.cachetide.writebehind.Ops.delta;
import static dev.cachetide.writebehind.Ops.insert;
import static dev.cachetide.writebehind.Ops.update;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class UniqueOrderTest {

  private final TargetTable table = Tables.unique("t");

  @Test
  void rows_that_have_nothing_to_do_with_each_other_are_level() {
    assertThat(levels(insert(table, "1", "a", "x"), insert(table, "2", "a", "y"))).containsOnly(0);
    assertThat(levels(update(table, "3", "b", "x"), delta(table, "4", "n", "1"))).containsOnly(0);
  }

  @Test
  void a_value_is_taken_after_it_was_given_up() {
    assertThat(levels(delete(table, "1"), insert(table, "9", "a", "one"))).containsExactly(0, 1);
    assertThat(levels(update(table, "1", "a", null), update(table, "2", "a", "one")))
        .containsExactly(0, 1);
  }

  @Test
  void a_swap_by_way_of_a_spare_value_takes_three_levels() {
    assertThat(
            levels(
                update(table, "2", "a", "spare"),
                update(table, "1", "a", "two"),
                update(table, "2", "a", "one")))
        .containsExactly(0, 1, 2);
  }

  @Test
  void a_row_that_takes_back_its_own_value_waits_for_nobody() {
    assertThat(
            levels(
                update(table, "1", "a", "x"),
                update(table, "1", "a", "one"),
                update(table, "1", "a", "one")))
        .containsExactly(0, 0, 0);
  }

  private static int[] levels(RowOp... log) {
    Map<RowKey, Map<String, @Nullable String>> held = new HashMap<>();
    held.put(RowKey.of(log[0]), Map.of("a", "one"));
    if (!log[0].key().get(0).equals("1")) {
      held.put(RowKey.of(log[0]), Map.of("a", "two"));
      held.put(RowKey.of(log[1]), Map.of("a", "one"));
    }
    return UniqueOrder.levels(List.of(log), held);
  }
}
