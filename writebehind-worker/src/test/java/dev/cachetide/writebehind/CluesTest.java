package dev.cachetide.writebehind;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class CluesTest {

  private final Clues clues = new Clues();
  private final TargetTable table = Tables.plain("t");

  @Test
  void a_value_that_its_type_cannot_hold_is_suspected() {
    assertThat(suspects("n", "2147483648")).isTrue();
    assertThat(suspects("n", "many")).isTrue();
    assertThat(suspects("n", "2147483647")).isFalse();
  }

  @Test
  void a_refused_value_is_suspected_when_it_comes_again() {
    assertThat(suspects("a", "cursed")).isFalse();
    learn(true, "a", "cursed");
    assertThat(clues.alert()).isTrue();
    assertThat(suspects("a", "cursed")).isTrue();
    assertThat(suspects("b", "cursed")).isFalse();
  }

  @Test
  void a_value_that_was_taken_is_suspected_no_more() {
    learn(true, "a", "cursed");
    BitSet second = new BitSet();
    second.set(1);
    clues.learn(List.of(op("a", "cursed"), op("b", "other")), second);
    assertThat(suspects("a", "cursed")).isFalse();
  }

  @Test
  void after_stretches_without_refusals_all_is_forgotten() {
    learn(true, "a", "cursed");
    for (int i = 0; i < 20; i++) {
      assertThat(clues.alert()).isTrue();
      learn(false, "a", "fine");
    }
    assertThat(clues.alert()).isFalse();
    assertThat(suspects("a", "cursed")).isFalse();
  }

  private void learn(boolean refused, String column, String text) {
    BitSet first = new BitSet();
    first.set(0, refused);
    clues.learn(List.of(op(column, text)), first);
  }

  private boolean suspects(String column, String text) {
    return clues.suspects(List.of(op(column, text))).get(0);
  }

  private RowOp op(String column, String text) {
    return Ops.upsert(table, "1", column, text);
  }
}
