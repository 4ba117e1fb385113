package dev.cachetide.writebehind;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CluesTest {

  private final Clues clues = new Clues();
  private final TargetTable table = Tables.plain("t");

  @Test
  void a_refused_value_is_followed_when_it_comes_again_and_with_another_number() {
    assertThat(follows("a", "cursed 1")).isFalse();
    learn("P0001", "a", "cursed 1");
    assertThat(clues.alert()).isTrue();
    assertThat(follows("a", "cursed 1")).isTrue();
    assertThat(follows("a", "cursed 23")).isTrue();
    assertThat(follows("a", "blessed 1")).isFalse();
    assertThat(follows("b", "cursed 1")).isFalse();
  }

  @Test
  void a_value_that_was_taken_is_followed_no_more() {
    learn("P0001", "a", "cursed");
    Suspects suspects = new Suspects();
    suspects.add(0, Suspicion.REMEMBERED);
    clues.learn(List.of(op("a", "cursed"), op("b", "other")), refused(1, "P0001"), suspects);
    assertThat(follows("a", "cursed")).isFalse();
  }

  @Test
  void values_of_which_none_comes_again_are_not_waited_for() {
    for (int i = 0; i < 40; i++) {
      learn("P0001", "a", "cursed " + i);
      learn("P0001", "b", "cursed " + i % 10);
    }
    clues.learn(
        List.of(op("a", "cursed 99"), op("b", "cursed 99"), op("a", "x")),
        refused(2, "P0001"),
        new Suspects());
    assertThat(follows("a", "cursed 1")).as("nor is their form, which was taken").isFalse();
    assertThat(follows("b", "cursed 1")).as("it came again").isTrue();
  }

  @Test
  void a_constraint_is_worth_asking_for_until_what_it_said_proves_false() {
    learn("23514", "a", "x");
    assertThat(clues.expects(table.name(), Suspicion.CHECK)).isTrue();
    assertThat(clues.expects(table.name(), Suspicion.PARENT)).isFalse();
    Suspects suspects = new Suspects();
    suspects.add(0, Suspicion.CHECK);
    clues.learn(List.of(op("a", "x"), op("a", "y")), refused(1, "23514"), suspects);
    assertThat(clues.expects(table.name(), Suspicion.CHECK)).isFalse();
  }

  @Test
  void a_column_that_takes_what_looks_wrong_is_trusted() {
    Suspects suspects = new Suspects();
    suspects.add(0, Suspicion.VALUE);
    clues.learn(List.of(op("n", "many"), op("a", "y")), refused(1, "22P02"), suspects);
    assertThat(clues.trusts(table.name(), table.known("n"))).isTrue();
    assertThat(clues.trusts(table.name(), table.known("m"))).isFalse();
  }

  @Test
  void after_stretches_without_refusals_all_is_forgotten() {
    learn("P0001", "a", "cursed");
    learn("23503", "a", "x");
    for (int i = 0; i < 20; i++) {
      assertThat(clues.alert()).isTrue();
      clues.learn(List.of(op("a", "fine")), Map.of(), new Suspects());
    }
    assertThat(clues.alert()).isFalse();
    assertThat(follows("a", "cursed")).isFalse();
    assertThat(clues.expects(table.name(), Suspicion.PARENT)).isFalse();
  }

  private void learn(String sqlState, String column, String text) {
    clues.learn(List.of(op(column, text)), refused(0, sqlState), new Suspects());
  }

  private static Map<Integer, RowsRefusedException> refused(int index, String sqlState) {
    return Map.of(index, new RowsRefusedException("refused", sqlState));
  }

  private boolean follows(String column, String text) {
    return clues.search().finds(op(column, text));
  }

  private RowOp op(String column, String text) {
    return Ops.upsert(table, "1", column, text);
  }
}
