package dev.cachetide.internal.fenced;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

final class SparedTest {

  private static final List<Spared> ALL =
      List.of(
          Spared.NONE,
          Spared.PENDING,
          Spared.after(0, 0),
          Spared.after(0, 5),
          Spared.after(0, -1),
          Spared.after(1, 5));

  @Test
  void several_reasons_spare_what_all_of_them_spare_in_any_order() {
    for (Spared one : ALL) {
      assertThat(one.and(one)).isEqualTo(one);
      assertThat(one.and(Spared.NONE)).isEqualTo(Spared.NONE);
      assertThat(one.and(Spared.PENDING)).isEqualTo(one);
      for (Spared other : ALL) {
        assertThat(one.and(other)).isEqualTo(other.and(one));
        for (Spared third : ALL) {
          assertThat(one.and(other).and(third)).isEqualTo(one.and(other.and(third)));
        }
      }
    }
  }

  @Test
  void of_two_echoes_of_a_partition_the_later_counts_and_of_two_partitions_neither() {
    assertThat(Spared.after(0, 5).and(Spared.after(0, 9))).isEqualTo(Spared.after(0, 9));
    assertThat(Spared.after(0, -1).and(Spared.after(0, 9))).isEqualTo(Spared.after(0, -1));
    assertThat(Spared.after(0, 5).and(Spared.after(1, 5))).isEqualTo(Spared.NONE);
  }

  @Test
  void the_script_is_told_numbers_that_a_double_holds() {
    assertThat(Spared.after(7, -2).arguments()).containsExactly("7", "4294967295", "4294967294");
    assertThat(Spared.PENDING.arguments()).isEmpty();
    assertThatThrownBy(Spared.NONE::arguments).isInstanceOf(UnsupportedOperationException.class);
  }
}
