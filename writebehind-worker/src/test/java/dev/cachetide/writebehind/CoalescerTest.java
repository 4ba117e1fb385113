package dev.cachetide.writebehind;

import static dev.cachetide.writebehind.Ops.delete;
import static dev.cachetide.writebehind.Ops.delta;
import static dev.cachetide.writebehind.Ops.insert;
import static dev.cachetide.writebehind.Ops.update;
import static dev.cachetide.writebehind.Ops.upsert;
import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CoalescerTest {

  private final TargetTable table = Tables.plain("t");

  @Test
  void writes_of_one_row_become_one() {
    assertThat(ops(upsert(table, "1", "a", "x"), upsert(table, "1", "b", "y")))
        .containsExactly(upsert(table, "1", "a", "x", "b", "y"));
    assertThat(ops(upsert(table, "1", "a", "x"), update(table, "1", "a", "y")))
        .containsExactly(upsert(table, "1", "a", "y"));
    assertThat(ops(update(table, "1", "a", "x"), update(table, "1", "b", null)))
        .containsExactly(update(table, "1", "a", "x", "b", null));
  }

  @Test
  void deltas_sum_exactly_and_fold_into_a_number_that_was_set() {
    assertThat(ops(delta(table, "1", "m", "0.1"), delta(table, "1", "m", "0.2")).get(0).add())
        .containsEntry("m", new BigDecimal("0.3"));
    assertThat(ops(upsert(table, "1", "n", "7"), delta(table, "1", "n", "-3")))
        .containsExactly(upsert(table, "1", "n", "4"));
    assertThat(ops(update(table, "1", "n", null), delta(table, "1", "n", "2")))
        .containsExactly(update(table, "1", "n", "2"));
  }

  @Test
  void a_delta_on_a_column_that_the_upsert_does_not_set_stays_behind_it() {
    assertThat(ops(upsert(table, "1", "a", "x"), delta(table, "1", "n", "2")))
        .containsExactly(upsert(table, "1", "a", "x"), delta(table, "1", "n", "2"));
  }

  @Test
  void a_delta_on_what_is_no_plain_number_stays_behind_it() {
    assertThat(ops(update(table, "1", "m", "NaN"), delta(table, "1", "m", "2"))).hasSize(2);
    assertThat(ops(update(table, "1", "n", "7.5"), delta(table, "1", "n", "2"))).hasSize(2);
  }

  @Test
  void whatever_came_before_a_delete_is_dropped() {
    List<RowOp> ops = ops(upsert(table, "1", "a", "x"), update(table, "1"), delete(table, "1"));
    assertThat(ops).hasSize(1);
    assertThat(ops.get(0).kind()).isEqualTo(RowOp.Kind.DELETE);
    assertThat(ops.get(0).absentAllowed()).isTrue();
    assertThat(ops(update(table, "1", "a", "x"), delete(table, "1")))
        .containsExactly(delete(table, "1"));
  }

  @Test
  void a_delete_and_an_upsert_behind_it_stay_in_order() {
    assertThat(ops(delete(table, "1"), upsert(table, "1", "a", "x")))
        .containsExactly(delete(table, "1"), upsert(table, "1", "a", "x"));
  }

  @Test
  void an_update_is_not_merged_into_an_upsert_that_might_insert_its_columns() {
    assertThat(ops(update(table, "1", "a", "x"), upsert(table, "1", "b", "y"))).hasSize(2);
  }

  @Test
  void what_follows_an_insert_is_part_of_it_and_an_insert_is_part_of_nothing() {
    assertThat(ops(insert(table, "1", "a", "x", "n", "1"), upsert(table, "1", "a", "y")))
        .containsExactly(insert(table, "1", "a", "y", "n", "1"));
    assertThat(ops(insert(table, "1", "n", "1"), delta(table, "1", "n", "2")))
        .containsExactly(insert(table, "1", "n", "3"));
    for (RowOp before :
        List.of(insert(table, "1"), upsert(table, "1"), update(table, "1"), delete(table, "1"))) {
      assertThat(ops(before, insert(table, "1", "a", "x")))
          .containsExactly(before, insert(table, "1", "a", "x"));
    }
    assertThat(ops(insert(table, "1"), delete(table, "1"))).hasSize(2);
  }

  @Test
  void what_may_lose_a_conflict_is_merged_with_nothing() {
    TargetTable optimistic = Tables.optimistic("o");
    List<RowOp> log =
        List.of(
            insert(optimistic, "1", "n", "1"),
            delta(optimistic, "1", "n", "1").onlyAt("1"),
            update(optimistic, "1", "n", "7").onlyAt("2"),
            delete(optimistic, "1").onlyAt("7"));
    assertThat(ops(log.toArray(RowOp[]::new))).containsExactlyElementsOf(log);
  }

  @Test
  void a_level_keeps_effects_apart_and_in_order() {
    List<RowOp> log =
        List.of(
            update(table, "2", "a", "spare"),
            update(table, "1", "a", "two"),
            update(table, "2", "a", "one"),
            update(table, "3", "a", "x"));
    assertThat(Coalescer.coalesce(log, new int[] {0, 1, 2, 0}))
        .extracting(RowGroup::ops)
        .containsExactly(List.of(log.get(0), log.get(3)), List.of(log.get(1)), List.of(log.get(2)));
  }

  @Test
  void a_storm_of_mixed_writes_on_one_row_becomes_two() {
    List<RowOp> storm = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      storm.add(upsert(table, "1", "a", "" + i));
      storm.add(delta(table, "1", "n", "1"));
    }
    assertThat(ops(storm.toArray(RowOp[]::new))).hasSize(2);
  }

  @Test
  void a_statement_holds_what_has_the_same_columns_sorted_by_key() {
    List<RowGroup> groups =
        Coalescer.coalesce(
            List.of(
                upsert(table, "2", "a", "x"),
                upsert(table, "1", "a", "y"),
                upsert(table, "3", "b", "z"),
                delete(table, "4")));
    assertThat(groups).hasSize(3);
    assertThat(groups.get(0).ops())
        .containsExactly(upsert(table, "1", "a", "y"), upsert(table, "2", "a", "x"));
    assertThat(groups.get(2).kind()).isEqualTo(RowOp.Kind.DELETE);
  }

  @Test
  void parents_are_inserted_first_and_deleted_last() {
    TargetTable parent = Tables.table("z_parent", Tables.INT8, 0, false);
    TargetTable child = Tables.table("a_child", Tables.INT8, 1, false);
    assertThat(
            ops(upsert(child, "1"), upsert(parent, "1"), delete(parent, "2"), delete(child, "2")))
        .containsExactly(
            upsert(parent, "1"), upsert(child, "1"), delete(child, "2"), delete(parent, "2"));
  }

  @Test
  void nothing_is_moved_past_a_delete_that_cascades() {
    TargetTable parent = Tables.table("parent", Tables.INT8, 0, true);
    TargetTable child = Tables.table("child", Tables.INT8, 1, false);
    List<RowOp> log =
        List.of(
            upsert(child, "1"),
            delete(parent, "1"),
            upsert(parent, "1", "a", "x"),
            upsert(child, "1", "a", "x"));
    assertThat(ops(log.toArray(RowOp[]::new))).containsExactlyElementsOf(log);
  }

  @Test
  void rows_whose_key_has_many_texts_are_left_in_the_log_order() {
    TargetTable timed = Tables.table("timed", Tables.TIMESTAMPTZ, 0, false);
    List<RowOp> log =
        List.of(
            upsert(timed, "2020-01-01 00:00+00", "a", "x"),
            delete(timed, "2020-01-01T00:00:00Z"),
            upsert(timed, "2020-01-01 00:00+00", "a", "y"));
    assertThat(ops(log.toArray(RowOp[]::new))).containsExactlyElementsOf(log);
  }

  private static List<RowOp> ops(RowOp... log) {
    return Coalescer.coalesce(List.of(log)).stream().flatMap(g -> g.ops().stream()).toList();
  }
}
