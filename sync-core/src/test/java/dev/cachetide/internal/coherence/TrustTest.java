package dev.cachetide.internal.coherence;

import static dev.cachetide.internal.coherence.ChannelWorld.CERTIFIED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.wire.ChannelMessage.Beat;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

final class TrustTest {

  private static final Map<String, Long> BOTH = Map.of("t/0", 10L, "t/1", 20L);

  @Test
  void nothing_is_trusted_before_the_servers_say_who_they_are() {
    ChannelWorld world = new ChannelWorld();
    world.beat(BOTH);
    assertThat(world.coherence.trust()).isNull();
  }

  @Test
  void knowing_who_answers_is_no_trust_before_a_beat_that_comes_after_it() {
    ChannelWorld world = new ChannelWorld();
    world.beat(BOTH);
    world.answer(CERTIFIED);
    assertThat(world.coherence.trust()).isNull();
    world.beat(BOTH);
    assertThat(world.coherence.trust()).isNotNull();
  }

  @Test
  void trust_carries_the_lower_half_of_the_generation() {
    ChannelWorld world = new ChannelWorld();
    world.answer(CERTIFIED);
    world.beat((7L << 32) + 0xFFFF_FFFEL, BOTH, 2, CERTIFIED);
    assertThat(world.coherence.trust().generation()).isEqualTo(-2);
  }

  @Test
  void beats_keep_the_same_trust_and_silence_ends_it() {
    ChannelWorld world = ChannelWorld.trusting();
    Trust trust = world.coherence.trust();
    world.pass(1_999);
    world.beat(BOTH);
    assertThat(world.coherence.trust()).isSameAs(trust);
    world.pass(1_999);
    assertThat(world.coherence.trust()).isSameAs(trust);
    world.pass(1);
    assertThat(world.coherence.trust()).isNull();
  }

  @Test
  void after_silence_the_servers_are_asked_again_and_the_trust_is_another_one() {
    ChannelWorld world = ChannelWorld.trusting();
    Trust before = world.coherence.trust();
    world.pass(2_000);
    world.beat(BOTH);
    assertThat(world.coherence.trust()).isNull();
    assertThat(world.questions).hasSize(2);
    world.answer(CERTIFIED);
    world.beat(BOTH);
    assertThat(world.coherence.trust()).isNotNull().isNotSameAs(before);
  }

  @Test
  void a_lost_connection_ends_trust_at_once_and_another_one_follows() {
    ChannelWorld world = ChannelWorld.trusting();
    Trust before = world.coherence.trust();
    world.coherence.connectionLost();
    assertThat(world.coherence.trust()).isNull();
    world.beat(BOTH);
    world.answer(CERTIFIED);
    world.beat(BOTH);
    assertThat(world.coherence.trust()).isNotNull().isNotSameAs(before);
  }

  @Test
  void an_answer_to_a_question_from_before_the_connection_broke_says_nothing() {
    ChannelWorld world = new ChannelWorld();
    world.coherence.connectionLost();
    world.answer(CERTIFIED);
    world.beat(BOTH);
    assertThat(world.coherence.trust()).isNull();
    assertThat(world.questions).hasSize(2);
  }

  @Test
  void a_server_that_does_not_answer_is_asked_again_on_the_next_beat() {
    ChannelWorld world = new ChannelWorld();
    world.questions.get(0).completeExceptionally(new IllegalStateException("away"));
    world.beat(BOTH);
    world.answer(CERTIFIED);
    world.beat(BOTH);
    assertThat(world.coherence.trust()).isNotNull();
  }

  @Test
  void a_server_without_a_run_id_is_not_trusted() {
    ChannelWorld world = new ChannelWorld();
    world.answer("");
    world.beat(3, BOTH, 2, "");
    world.beat(3, BOTH, 2, "");
    assertThat(world.coherence.trust()).isNull();
  }

  @Test
  void one_uncertified_server_is_enough_to_trust_none() {
    ChannelWorld world = new ChannelWorld();
    world.answer(CERTIFIED, "r2");
    world.beat(BOTH);
    assertThat(world.coherence.trust()).isNull();
  }

  @Test
  void a_worker_that_does_not_certify_takes_trust_away_until_all_have_agreed_for_a_while() {
    ChannelWorld world = ChannelWorld.trusting();
    world.beat(3, Map.of("t/1", 20L), 2, "other");
    assertThat(world.coherence.trust()).isNull();
    world.beat(BOTH);
    assertThat(world.coherence.trust()).as("only one of them certifies").isNull();
    world.pass(1_999);
    world.beat(BOTH);
    assertThat(world.coherence.trust()).isNull();
    world.pass(1);
    world.beat(BOTH);
    assertThat(world.coherence.trust()).isNotNull();
  }

  @Test
  void a_worker_that_has_just_started_and_certifies_nothing_neither_takes_trust_nor_keeps_it() {
    ChannelWorld world = ChannelWorld.trusting();
    world.pass(1_500);
    world.beat(3, Map.of(), 2);
    assertThat(world.coherence.trust()).isNotNull();
    world.pass(500);
    assertThat(world.coherence.trust()).isNull();
  }

  @Test
  void a_higher_generation_makes_another_trust() {
    ChannelWorld world = ChannelWorld.trusting();
    Trust before = world.coherence.trust();
    world.beat(4, BOTH, 2, CERTIFIED);
    assertThat(world.coherence.trust()).isNotSameAs(before);
    assertThat(world.coherence.trust().generation()).isEqualTo(4);
  }

  @Test
  void a_worker_that_is_behind_the_generation_neither_keeps_nor_lowers_trust() {
    ChannelWorld world = ChannelWorld.trusting();
    world.beat(4, BOTH, 2, CERTIFIED);
    world.pass(1_500);
    world.beat(3, BOTH, 2, CERTIFIED);
    assertThat(world.coherence.trust().generation()).isEqualTo(4);
    world.pass(500);
    assertThat(world.coherence.trust()).isNull();
  }

  @Test
  void nothing_is_trusted_after_the_end() {
    ChannelWorld world = ChannelWorld.trusting();
    world.coherence.close();
    world.coherence.connectionLost();
    world.beat(BOTH);
    assertThat(world.coherence.trust()).isNull();
    assertThat(world.coherence.usable()).isFalse();
  }

  /** The connection breaks while beats are being handled, one right after the other. */
  @Test
  void a_beat_that_races_with_a_broken_connection_never_brings_trust_back() throws Exception {
    Beat beat = new Beat(3, Set.of(CERTIFIED), BOTH, 2, 0);
    for (int round = 0; round < 300; round++) {
      Certification certification = new Certification();
      certification.identified(certification.toAsk(), Set.of(CERTIFIED));
      certification.heard(beat, 0);
      assertThat(certification.trust(0)).isNotNull();
      CountDownLatch begun = new CountDownLatch(1);
      Thread speaker =
          new Thread(
              () -> {
                for (int i = 0; i < 20_000; i++) {
                  certification.heard(beat, 0);
                  begun.countDown();
                }
              });
      speaker.start();
      begun.await();
      certification.connectionLost();
      speaker.join();
      assertThat(certification.trust(0)).as("nobody has said who answers now").isNull();
    }
  }
}
