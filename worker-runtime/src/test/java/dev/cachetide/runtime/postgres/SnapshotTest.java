package dev.cachetide.runtime.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;

class SnapshotTest {

  private static final long TWO_TO_32 = 1L << 32;

  @Test
  void ended_transactions_are_visible_and_running_or_future_ones_are_not() {
    Snapshot snapshot = Snapshot.parse("10:20:10,15");
    assertThat(snapshot.visible(9)).isTrue();
    assertThat(snapshot.visible(10)).isFalse();
    assertThat(snapshot.visible(11)).isTrue();
    assertThat(snapshot.visible(15)).isFalse();
    assertThat(snapshot.visible(19)).isTrue();
    assertThat(snapshot.visible(20)).isFalse();
  }

  @Test
  void nothing_in_progress_is_an_empty_list() {
    Snapshot snapshot = Snapshot.parse("7:7:");
    assertThat(snapshot.visible(6)).isTrue();
    assertThat(snapshot.visible(7)).isFalse();
    assertThat(snapshot).hasToString("7:7:");
  }

  @Test
  void an_id_is_widened_to_the_nearest_on_either_side_of_the_wraparound() {
    Snapshot after = Snapshot.parse((TWO_TO_32 + 5) + ":" + (TWO_TO_32 + 5) + ":");
    assertThat(after.widen(0xFFFF_FFFFL)).isEqualTo(TWO_TO_32 - 1);
    assertThat(after.widen(4)).isEqualTo(TWO_TO_32 + 4);
    assertThat(after.widen(9)).isEqualTo(TWO_TO_32 + 9);
    Snapshot before = Snapshot.parse((TWO_TO_32 - 5) + ":" + (TWO_TO_32 - 5) + ":");
    assertThat(before.widen(3)).isEqualTo(TWO_TO_32 + 3);
    assertThat(before.widen(0xFFFF_FFF0L)).isEqualTo(TWO_TO_32 - 16);
  }

  @Test
  void a_commit_just_before_the_wraparound_is_visible_and_one_just_after_is_not_yet() {
    Snapshot snapshot = Snapshot.parse(TWO_TO_32 + ":" + TWO_TO_32 + ":");
    assertThat(snapshot.visible(snapshot.widen(0xFFFF_FFFFL))).isTrue();
    assertThat(snapshot.visible(snapshot.widen(3))).isFalse();
  }

  @Test
  void widening_gives_back_every_id_within_two_thousand_million_of_the_present() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 10_000; i++) {
      long xmax = random.nextLong(1L << 31, 1L << 50);
      long xid = xmax + random.nextLong(-(1L << 31), 1L << 31);
      Snapshot snapshot = Snapshot.parse(xmax + ":" + xmax + ":");
      assertThat(snapshot.widen(xid & 0xFFFF_FFFFL)).as("seed %d", seed).isEqualTo(xid);
    }
  }

  @Test
  void an_id_of_more_than_32_bits_is_left_as_it_is() {
    Snapshot snapshot = Snapshot.parse((TWO_TO_32 * 3) + ":" + (TWO_TO_32 * 3) + ":");
    assertThat(snapshot.widen(TWO_TO_32 + 1)).isEqualTo(TWO_TO_32 + 1);
  }

  @Test
  void the_text_is_read_and_written_alike() {
    assertThat(Snapshot.parse("10:20:15,10")).hasToString("10:20:10,15");
    assertThatThrownBy(() -> Snapshot.parse("10:20")).isInstanceOf(IllegalArgumentException.class);
  }
}
