package dev.cachetide.internal.coherence;

import static dev.cachetide.internal.coherence.ChannelWorld.CERTIFIED;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.wire.ChannelMessage.Single;
import dev.cachetide.wire.Invalidation;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** When L1 may be used, and when it is emptied. */
final class NearUseTest {

  private static final Invalidation ADA = new Invalidation.Key("user:7");

  private final ChannelWorld world = ChannelWorld.trusting();

  @Test
  void l1_is_flushed_before_it_is_used() {
    ChannelWorld fresh = new ChannelWorld();
    fresh.listeners.register(
        new Listeners.NearListener() {
          @Override
          public void invalidate(Invalidation what) {}

          @Override
          public void flush() {
            assertThat(fresh.coherence.usable()).isFalse();
          }
        });
    fresh.answer(CERTIFIED);
    fresh.beat(Map.of("t/0", 10L, "t/1", 20L));
    assertThat(fresh.coherence.usable()).isTrue();
    assertThat(fresh.flushes).endsWith(FlushCause.RESUMED);
  }

  @Test
  void consecutive_ranges_and_what_was_said_already_flush_nothing() {
    world.batch("t/0", 10, 15, ADA);
    world.batch("t/0", 15, 18);
    world.batch("t/0", 15, 18);
    world.batch("t/0", 4, 9);
    world.beat(Map.of("t/0", 18L, "t/1", 20L));
    assertThat(world.flushes).isEmpty();
    assertThat(world.passed).containsExactly(ADA);
  }

  @Test
  void a_range_that_begins_behind_what_is_known_is_a_gap() {
    world.batch("t/0", 12, 15);
    assertThat(world.flushes).containsExactly(FlushCause.GAP);
    world.batch("t/0", 15, 16);
    assertThat(world.flushes).hasSize(1);
  }

  @Test
  void a_beat_that_names_a_position_behind_what_is_known_is_a_gap() {
    world.beat(Map.of("t/0", 10L, "t/1", 21L));
    assertThat(world.flushes).containsExactly(FlushCause.GAP);
    assertThat(world.coherence.usable()).isTrue();
  }

  @Test
  void a_partition_that_moves_to_a_worker_which_reads_some_records_again_is_no_gap() {
    world.batch("t/0", 10, 30);
    world.beat(Map.of("t/0", 14L));
    world.batch("t/0", 14, 25);
    world.batch("t/0", 25, 31);
    assertThat(world.flushes).isEmpty();
  }

  @Test
  void a_replaced_worker_that_goes_on_hides_no_loss_of_its_successor() {
    world.batch("t/0", 10, 30);
    world.batch("t/0", 30, 34); // the replaced one
    world.batch("t/0", 30, 32); // the new one
    world.batch("t/0", 10, 30); // the replaced one, once more
    assertThat(world.flushes).isEmpty();
    world.batch("t/0", 35, 40); // the new one, after a message that was lost
    assertThat(world.flushes).containsExactly(FlushCause.GAP);
  }

  @Test
  void two_workers_together_keep_all_partitions_fresh() {
    for (int i = 0; i < 20; i++) {
      world.pass(250);
      world.beat(i % 2 == 0 ? Map.of("t/0", 10L) : Map.of("t/1", 20L));
      assertThat(world.coherence.usable()).isTrue();
    }
    assertThat(world.flushes).isEmpty();
  }

  @Test
  void one_partition_of_which_nobody_speaks_is_enough_to_bypass_l1_but_not_redis() {
    for (int i = 0; i < 3; i++) {
      assertThat(world.coherence.usable()).isTrue();
      world.pass(500);
      world.beat(Map.of("t/0", 10L));
    }
    assertThat(world.coherence.usable()).isFalse();
    assertThat(world.coherence.trust()).isNotNull();
    assertThat(world.flushes).isEmpty();
    world.beat(Map.of("t/1", 20L));
    assertThat(world.coherence.usable()).isTrue();
    assertThat(world.flushes).containsExactly(FlushCause.RESUMED);
  }

  @Test
  void silence_of_all_is_noticed_by_the_clock_alone_and_ends_with_a_flush() {
    world.pass(1_499);
    assertThat(world.coherence.usable()).isTrue();
    world.pass(1);
    assertThat(world.coherence.usable()).isFalse();
    assertThat(world.coherence.trust()).as("Redis is believed for longer").isNotNull();
    world.beat(Map.of("t/0", 10L, "t/1", 20L));
    assertThat(world.coherence.usable()).isTrue();
    assertThat(world.flushes).containsExactly(FlushCause.RESUMED);
  }

  @Test
  void a_group_that_reads_more_partitions_is_waited_for() {
    world.beat(3, Map.of("t/0", 10L, "t/1", 20L), 3, CERTIFIED);
    assertThat(world.coherence.usable()).isFalse();
    world.beat(3, Map.of("t/2", -1L), 3, CERTIFIED);
    assertThat(world.coherence.usable()).isTrue();
    assertThat(world.flushes).containsExactly(FlushCause.NEW_PARTITION, FlushCause.RESUMED);
  }

  @Test
  void a_partition_that_is_heard_for_the_first_time_flushes_even_while_l1_is_used() {
    world.batch("t/2", 3, 4);
    assertThat(world.flushes).containsExactly(FlushCause.NEW_PARTITION);
  }

  @Test
  void a_beat_without_any_partition_is_no_reason_to_use_l1() {
    ChannelWorld fresh = new ChannelWorld();
    fresh.answer(CERTIFIED);
    fresh.beat(3, Map.of(), 0, CERTIFIED);
    assertThat(fresh.coherence.trust()).isNotNull();
    assertThat(fresh.coherence.usable()).isFalse();
  }

  @Test
  void a_lost_connection_bypasses_l1_at_once_and_flushes_it_before_its_next_use() {
    world.coherence.connectionLost();
    assertThat(world.coherence.usable()).isFalse();
    world.beat(Map.of("t/0", 10L, "t/1", 20L));
    assertThat(world.coherence.usable()).isFalse();
    world.answer(CERTIFIED);
    world.beat(Map.of("t/0", 10L, "t/1", 20L));
    assertThat(world.coherence.usable()).isTrue();
    assertThat(world.flushes).containsExactly(FlushCause.RESUMED);
  }

  @Test
  void a_higher_generation_flushes_and_starts_the_numbers_anew() {
    world.beat(4, Map.of("t/0", 2L, "t/1", 1L), 2, CERTIFIED);
    assertThat(world.flushes).contains(FlushCause.GENERATION);
    assertThat(world.coherence.usable()).isTrue();
    world.flushes.clear();
    world.batch("t/0", 3, 4);
    assertThat(world.flushes).as("a topic that was made anew").containsExactly(FlushCause.GAP);
  }

  @Test
  void what_a_worker_behind_the_generation_says_of_partitions_counts_for_nothing() {
    world.beat(4, Map.of("t/0", 10L), 2, CERTIFIED);
    world.beat(3, Map.of("t/1", 20L), 2, CERTIFIED);
    assertThat(world.coherence.usable()).isFalse();
    world.beat(4, Map.of("t/1", 20L), 2, CERTIFIED);
    assertThat(world.coherence.usable()).isTrue();
  }

  @Test
  void a_message_that_cannot_be_read_may_have_named_anything() {
    world.say("{\"type\":\"batch\",\"items\":[{\"type\":\"moon\"}]}".getBytes(UTF_8));
    assertThat(world.flushes).containsExactly(FlushCause.UNREADABLE);
    assertThat(world.coherence.usable()).isTrue();
  }

  @Test
  void what_an_application_says_is_passed_on_to_every_l1_that_is_registered() {
    StringBuilder heard = new StringBuilder();
    Listeners.NearListener one = noting(heard, "1");
    world.listeners.register(one);
    world.listeners.register(noting(heard, "2"));
    world.say(new Single(ADA, 0));
    world.listeners.unregister(one);
    world.say(new Single(ADA, 0));
    assertThat(heard).hasToString("122");
  }

  private static Listeners.NearListener noting(StringBuilder heard, String name) {
    return new Listeners.NearListener() {
      @Override
      public void invalidate(Invalidation what) {
        heard.append(name);
      }

      @Override
      public void flush() {}
    };
  }
}
