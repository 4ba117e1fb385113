package dev.cachetide.runtime;

import static dev.cachetide.runtime.LoopWorld.A;
import static dev.cachetide.runtime.LoopWorld.AGAIN;
import static dev.cachetide.runtime.LoopWorld.B;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What the loop does with what is paused. */
final class PausesTest {

  private final Told pauses = new Told();
  private final LoopWorld world = new LoopWorld(pauses);

  @Test
  void a_paused_role_reads_nothing_and_goes_on_where_it_stopped() {
    world.settled();
    pauses.role = true;
    world.turn(1);
    assertThat(world.consumer.paused()).containsExactlyInAnyOrder(A, B);
    world.turn(3);
    assertThat(world.handler.calls).isEmpty();
    assertThat(world.health.readiness().ready()).isTrue();

    pauses.role = false;
    world.turn(1);
    assertThat(world.consumer.paused()).isEmpty();
    world.publish(A, 0, 2);
    world.turn(1);
    assertThat(world.handler.calls).containsExactly("handle [t-0@0, t-0@1]");
  }

  @Test
  void a_batch_that_was_polled_before_is_finished() {
    world.settled().publish(A, 0, 2);
    pauses.role = true;
    world.turn(1);
    assertThat(world.handler.calls).containsExactly("handle [t-0@0, t-0@1]");
    assertThat(world.consumer.paused()).containsExactlyInAnyOrder(A, B);
  }

  @Test
  void a_batch_that_failed_is_not_tried_again_while_its_role_is_paused() {
    world.settled().publish(A, 0, 2);
    world.handler.handling.add(AGAIN);
    world.turn(1);
    pauses.role = true;
    for (int i = 0; i < 20; i++) {
      world.pass(Duration.ofSeconds(6));
      world.turn(1);
    }
    assertThat(world.handler.calls).hasSize(1);

    pauses.role = false;
    world.pass(Duration.ofSeconds(6));
    world.turn(1);
    assertThat(world.handler.calls).hasSize(2);
  }

  @Test
  void what_is_assigned_while_its_role_is_paused_is_prepared_and_not_read() {
    pauses.role = true;
    world.commit(A, 0);
    world.assign(A);
    world.turn(2);
    assertThat(world.handler.calls).containsExactly("assigned [t-0]");
    assertThat(world.consumer.paused()).containsExactly(A);
  }

  @Test
  void nothing_is_prepared_before_it_is_known_what_is_paused() {
    pauses.known = new Outcome.Transient("ask", new RuntimeException("away"));
    world.commit(A, 0);
    world.assign(A);
    world.turn(1);
    assertThat(world.handler.calls).isEmpty();
    assertThat(world.health.readiness()).isEqualTo(Readiness.no("retrying: ask"));

    pauses.known = Outcome.applied();
    world.pass(Duration.ofSeconds(6));
    world.turn(1);
    assertThat(world.handler.calls).containsExactly("assigned [t-0]");
    assertThat(world.consumer.paused()).isEmpty();
  }

  @Test
  void the_partitions_of_a_topic_that_is_held_back_are_not_read() {
    world.settled();
    pauses.topic = "t";
    world.turn(1);
    assertThat(world.consumer.paused()).containsExactlyInAnyOrder(A, B);
    pauses.topic = "other";
    world.turn(1);
    assertThat(world.consumer.paused()).isEmpty();
  }

  private static final class Told implements Pauses {
    private Outcome known = Outcome.applied();
    private boolean role;
    private String topic = "";

    @Override
    public Outcome ask() {
      return known;
    }

    @Override
    public boolean role() {
      return role;
    }

    @Override
    public boolean holdsBack(String asked) {
      return asked.equals(topic);
    }

    @Override
    public String reason() {
      return role ? BY_OPERATIONS : "";
    }
  }
}
