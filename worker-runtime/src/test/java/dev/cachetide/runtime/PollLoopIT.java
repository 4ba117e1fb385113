package dev.cachetide.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class PollLoopIT {

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

  private static ConditionFactory within(int seconds) {
    return await().atMost(Duration.ofSeconds(seconds)).pollInterval(Duration.ofMillis(20));
  }

  private void send(String topic, int from, int to) throws Exception {
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    for (int i = from; i < to; i++) {
      sent.add(world.send(topic, "key-" + i % 97, "value-" + i));
    }
    for (Future<RecordMetadata> one : sent) {
      one.get();
    }
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
      send("moving", sent, sent + 3_000);
      within(20).until(() -> guest.readiness().ready());
      send("moving", sent + 3_000, sent + 6_000);
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
      send("away", 0, 100);
      within(20).until(() -> handler.seen.size() == 100 && worker.readiness().ready());
      world.kafka.stop();
      within(15).until(() -> !worker.readiness().ready());
      assertThat(worker.readiness().reason()).isEqualTo("Kafka does not answer");
      assertThat(worker.alive()).isTrue();
      world.kafka.start();
      send("away", 100, 200);
      within(40).until(() -> handler.seen.size() == 200 && worker.readiness().ready());
      within(10).untilAsserted(() -> assertThat(world.committed("away-group")).isEqualTo(200));
      within(10).until(() -> world.lag("away-group") == 0);
      assertThat(handler.violations).isEmpty();
    }
  }

  @Test
  void poison_is_parked_with_its_headers_and_the_partition_moves_on() throws Exception {
    world.create("poison", 1);
    CollectingHandler handler = new CollectingHandler();
    handler.answer =
        batch -> {
          List<DeadLetter> bad = new ArrayList<>();
          for (ConsumerRecord<byte[], byte[]> record : batch) {
            if (record.value()[0] == '!') {
              bad.add(new DeadLetter(record, "decode", new IllegalArgumentException("no JSON")));
            }
          }
          return new Outcome.Applied(bad);
        };
    try (WorkerProgram worker =
        world.worker("poison-group", "poison", Topics.named(Set.of("poison")), handler)) {
      worker.start();
      var marked =
          new ProducerRecord<>(
              "poison",
              "k".getBytes(StandardCharsets.UTF_8),
              "!bad".getBytes(StandardCharsets.UTF_8));
      marked.headers().add("mine", "1".getBytes(StandardCharsets.UTF_8));
      world.producer.send(marked).get();
      world.send("poison", "k", "good").get();
      within(20).until(() -> handler.seen.contains("good"));
    }
    List<ConsumerRecord<byte[], byte[]>> parked = world.readAll("poison-group.dead-letters", 1);
    assertThat(parked).hasSize(1);
    ConsumerRecord<byte[], byte[]> letter = parked.get(0);
    assertThat(letter.value()).isEqualTo("!bad".getBytes(StandardCharsets.UTF_8));
    assertThat(header(letter, "mine")).isEqualTo("1");
    assertThat(header(letter, "__connect.errors.topic")).isEqualTo("poison");
    assertThat(header(letter, "__connect.errors.offset")).isEqualTo("0");
    assertThat(header(letter, "__connect.errors.exception.message")).isEqualTo("no JSON");
    assertThat(world.committed("poison-group")).isEqualTo(2);
  }

  private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
    return new String(
        Objects.requireNonNull(record.headers().lastHeader(name), name).value(),
        StandardCharsets.UTF_8);
  }

  @Test
  void a_stop_finishes_the_batch_in_flight_and_commits_it() throws Exception {
    world.create("stopping", 1);
    CollectingHandler handler = new CollectingHandler();
    CountDownLatch handed = new CountDownLatch(1);
    CountDownLatch released = new CountDownLatch(1);
    handler.answer =
        batch -> {
          handed.countDown();
          try {
            assertThat(released.await(20, TimeUnit.SECONDS)).isTrue();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          return Outcome.applied();
        };
    WorkerProgram worker =
        world.worker("stopping-group", "stopping", Topics.named(Set.of("stopping")), handler);
    send("stopping", 0, 10);
    worker.start();
    assertThat(handed.await(20, TimeUnit.SECONDS)).isTrue();
    Thread closing = new Thread(worker::close);
    closing.start();
    released.countDown();
    closing.join(Duration.ofSeconds(20).toMillis());
    assertThat(worker.ended()).isCompletedWithValue(ExitStatus.STOPPED);
    assertThat(world.committed("stopping-group")).isEqualTo(handler.handled.get()).isPositive();
  }

  @Test
  void a_stop_is_bounded_when_the_batch_never_succeeds() throws Exception {
    world.create("stuck", 1);
    CollectingHandler handler = new CollectingHandler();
    CountDownLatch handed = new CountDownLatch(3);
    handler.answer =
        batch -> {
          handed.countDown();
          return new Outcome.Transient("reach the target", new IllegalStateException());
        };
    WorkerProgram worker =
        world.worker("stuck-group", "stuck", Topics.named(Set.of("stuck")), handler);
    send("stuck", 0, 10);
    worker.start();
    assertThat(handed.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(worker.readiness()).isEqualTo(Readiness.no("retrying: reach the target"));
    within(10).until(() -> world.lag("stuck-group") == 10);
    Instant before = Instant.now();
    worker.close();
    assertThat(Duration.between(before, Instant.now())).isLessThan(Duration.ofSeconds(10));
    assertThat(worker.ended()).isCompletedWithValue(ExitStatus.STOPPED);
    assertThat(world.committed("stuck-group")).isZero();
  }

  @Test
  void records_that_are_gone_are_a_question_to_the_handler() throws Exception {
    world.create("gone", 1);
    CollectingHandler handler = new CollectingHandler();
    Topics topics = Topics.named(Set.of("gone"));
    send("gone", 0, 10);
    try (WorkerProgram worker = world.worker("gone-group", "gone", topics, handler)) {
      worker.start();
      within(20).until(() -> handler.seen.size() == 10);
    }
    send("gone", 10, 30);
    world.deleteBefore(new TopicPartition("gone", 0), 20);
    try (WorkerProgram worker = world.worker("gone-group", "gone", topics, handler)) {
      worker.start();
      within(20).until(() -> handler.seen.size() == 20);
    }
    assertThat(handler.lost).hasValue(1);
    assertThat(handler.violations).isEmpty();
    assertThat(world.committed("gone-group")).isEqualTo(30);
    world.send("gone", "k", "v").get();
    world.deleteBefore(new TopicPartition("gone", 0), 31);
    try (WorkerProgram silent =
        world.worker("gone-group", "gone", topics, batch -> Outcome.applied())) {
      silent.start();
      within(20).until(() -> silent.ended().isDone());
      assertThat(silent.ended()).isCompletedWithValue(ExitStatus.FAILED);
      assertThat(silent.alive()).isFalse();
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
      send("later.a", 0, 50);
      within(30).until(() -> named.seen.size() == 50 && matching.seen.size() == 50);
    }
  }
}
