package dev.cachetide.runtime;

import static dev.cachetide.runtime.KafkaWorld.await;
import static dev.cachetide.runtime.KafkaWorld.within;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class MembershipIT {

  private final KafkaWorld world = new KafkaWorld();

  @BeforeAll
  void warmUp() throws Exception {
    world.create("warm-up", 1);
    world.send("warm-up", "k", "v").get();
  }

  @AfterAll
  void stop() {
    world.close();
  }

  @Test
  void members_that_come_and_go_lose_nothing_and_keep_the_order() throws Exception {
    world.create("moving", 6);
    Set<String> seen = ConcurrentHashMap.newKeySet();
    List<CollectingHandler> handlers = new ArrayList<>();
    WorkerProgram steady = member(seen, handlers);
    int sent = 0;
    for (int round = 0; round < 3; round++) {
      WorkerProgram guest = member(seen, handlers);
      world.sendAll("moving", sent, sent + 3_000);
      within(20).until(() -> guest.readiness().ready());
      world.sendAll("moving", sent + 3_000, sent + 6_000);
      guest.close();
      sent += 6_000;
    }
    int all = sent;
    within(30).untilAsserted(() -> assertThat(seen).hasSize(all));
    within(10).untilAsserted(() -> assertThat(world.committed("moving-group")).isEqualTo(all));
    steady.close();
    assertThat(handlers).allSatisfy(handler -> assertThat(handler.violations).isEmpty());
    int handled = handlers.stream().mapToInt(handler -> handler.handled.get()).sum();
    assertThat(handled).as("an orderly hand-over repeats nothing").isEqualTo(all);
  }

  private WorkerProgram member(Set<String> seen, List<CollectingHandler> handlers) {
    CollectingHandler handler = new CollectingHandler(seen);
    handlers.add(handler);
    WorkerProgram worker =
        world.worker(
            "moving-group", "member-" + handlers.size(), Topics.named(Set.of("moving")), handler);
    worker.start();
    return worker;
  }

  @Test
  void a_broker_that_goes_away_and_comes_back_is_waited_for() throws Exception {
    world.create("away", 2);
    CollectingHandler handler = new CollectingHandler();
    try (WorkerProgram worker =
        world.worker("away-group", "away", Topics.named(Set.of("away")), handler)) {
      worker.start();
      world.sendAll("away", 0, 100);
      within(20).until(() -> handler.seen.size() == 100 && worker.readiness().ready());
      world.kafka.stop();
      within(15).until(() -> !worker.readiness().ready());
      assertThat(worker.readiness().reason()).isEqualTo("Kafka does not answer");
      assertThat(worker.alive()).isTrue();
      world.kafka.start();
      world.sendAll("away", 100, 200);
      within(40).until(() -> handler.seen.size() == 200 && worker.readiness().ready());
      within(10).untilAsserted(() -> assertThat(world.committed("away-group")).isEqualTo(200));
      within(10).until(() -> world.lag("away-group") == 0);
      assertThat(handler.violations).isEmpty();
    }
  }

  @Test
  void a_member_that_was_given_up_forgets_its_batch_and_joins_again() throws Exception {
    world.create("hanging", 2);
    CollectingHandler slow = new CollectingHandler();
    CountDownLatch handed = new CountDownLatch(1);
    CountDownLatch released = new CountDownLatch(1);
    slow.answer =
        batch -> {
          handed.countDown();
          await(released);
          return Outcome.applied();
        };
    Topics topics = Topics.named(Set.of("hanging"));
    CollectingHandler quick = new CollectingHandler();
    Duration longest = Duration.ofSeconds(3);
    try (WorkerProgram hanging = world.worker("hanging-group", "slow", topics, slow, longest);
        WorkerProgram other = world.worker("hanging-group", "quick", topics, quick, longest)) {
      hanging.start();
      world.sendAll("hanging", 0, 100);
      assertThat(handed.await(20, TimeUnit.SECONDS)).isTrue();
      within(10).until(() -> !hanging.alive());
      other.start();
      within(30).until(() -> quick.seen.size() == 100);
      released.countDown();
      within(20).until(() -> hanging.alive() && hanging.readiness().ready());
      world.sendAll("hanging", 100, 200);
      within(20)
          .untilAsserted(
              () -> {
                Set<String> both = new HashSet<>(quick.seen);
                both.addAll(slow.seen);
                assertThat(both).hasSize(200);
              });
      within(10).untilAsserted(() -> assertThat(world.committed("hanging-group")).isEqualTo(200));
      assertThat(slow.violations).isEmpty();
      assertThat(quick.violations).isEmpty();
    }
  }

  @Test
  void topics_that_do_not_exist_yet_are_joined_later() throws Exception {
    CollectingHandler named = new CollectingHandler();
    CollectingHandler matching = new CollectingHandler();
    try (WorkerProgram first =
            world.worker("later-1", "later-1", Topics.named(Set.of("later.a")), named);
        WorkerProgram second =
            world.worker(
                "later-2", "later-2", Topics.matching(Pattern.compile("later\\..*")), matching)) {
      first.start();
      second.start();
      within(20).until(() -> first.readiness().ready() && second.readiness().ready());
      world.create("later.a", 2);
      world.sendAll("later.a", 0, 50);
      within(30).until(() -> named.seen.size() == 50 && matching.seen.size() == 50);
    }
  }
}
