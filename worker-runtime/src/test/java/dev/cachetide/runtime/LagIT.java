package dev.cachetide.runtime;

import static dev.cachetide.runtime.KafkaWorld.within;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import dev.cachetide.runtime.GroupLag.PartitionLag;
import dev.cachetide.wire.Headers;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What a worker tells of its lag, and what somebody who looks on finds. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class LagIT {

  private final KafkaWorld world = new KafkaWorld();
  private final GroupLag lag = new GroupLag(world.clients, "onlooker", InstantSource.system());

  @AfterAll
  void stop() {
    lag.close();
    world.close();
  }

  @Test
  void a_worker_that_stands_still_falls_behind_by_a_second_a_second() throws Exception {
    world.create("still", 2);
    CollectingHandler handler = new CollectingHandler();
    AtomicBoolean stuck = new AtomicBoolean();
    handler.answer =
        batch ->
            stuck.get()
                ? new Outcome.Transient("reach the target", new IllegalStateException())
                : Outcome.applied();
    try (WorkerProgram worker =
        world.worker("still-group", "still", Topics.named(Set.of("still")), handler)) {
      worker.start();
      world.sendAll("still", 0, 50);
      within(30).until(() -> handler.seen.size() == 50 && world.lagSeconds("still-group") == 0);
      within(10).until(() -> longest("still-group") == 0);
      stuck.set(true);
      world.sendAll("still", 50, 60);
      growsByOneASecond(() -> world.lagSeconds("still-group"));
      growsByOneASecond(() -> longest("still-group"));
      assertThat(world.lag("still-group")).isEqualTo(10);
      assertThat(of("still-group")).hasSize(2);
      assertThat(of("still-group").stream().mapToLong(PartitionLag::records).sum()).isEqualTo(10);
      assertThat(of("still-group")).allMatch(each -> "still".equals(each.clientId()));
      stuck.set(false);
      within(20).until(() -> world.lagSeconds("still-group") == 0);
    }
    world.sendAll("still", 60, 61);
    growsByOneASecond(() -> longest("still-group"));
    assertThat(of("still-group")).allMatch(each -> each.clientId() == null);
  }

  @Test
  void a_change_event_has_waited_since_its_commit() throws Exception {
    world.create("commits", 1);
    ProducerRecord<byte[], byte[]> record = record("commits");
    long committed = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now().minusSeconds(1_000));
    record
        .headers()
        .add(Headers.COMMITTED, Long.toString(committed).getBytes(StandardCharsets.UTF_8));
    try (KafkaProducer<byte[], byte[]> producer = producer(Map.of())) {
      producer.send(record).get();
    }
    PartitionLag found = lag.of("nobody", "commits"::equals).get(0);
    assertThat(found.seconds()).isCloseTo(1_000, offset(30.0));
    assertThat(found.committed()).as("a group that never was").isNull();
    assertThat(found.records()).isEqualTo(1);
  }

  @Test
  void only_what_can_be_read_is_waited_for() throws Exception {
    world.create("aborted", 1);
    try (KafkaProducer<byte[], byte[]> producer = producer(Map.of("transactional.id", "t"))) {
      producer.initTransactions();
      producer.beginTransaction();
      producer.send(record("aborted")).get();
      producer.abortTransaction();
    }
    within(20)
        .untilAsserted(
            () -> {
              PartitionLag found = lag.of("nobody", "aborted"::equals).get(0);
              assertThat(found.end()).as("with the record and its marker").isEqualTo(2);
              assertThat(found.records()).isZero();
              assertThat(found.seconds()).isZero();
            });
  }

  @Test
  void what_retention_removed_is_not_asked_for() throws Exception {
    world.create("expired", 1);
    world.sendAll("expired", 0, 20);
    CollectingHandler handler = new CollectingHandler();
    try (WorkerProgram worker =
        world.worker("expired-group", "e", Topics.named(Set.of("expired")), handler)) {
      worker.start();
      within(20).until(() -> handler.seen.size() == 20);
    }
    world.sendAll("expired", 20, 40);
    world.deleteBefore(new TopicPartition("expired", 0), 30);

    PartitionLag found = of("expired-group").get(0);

    assertThat(found.committed()).isEqualTo(20);
    assertThat(found.seconds()).isNotNull().isPositive();
  }

  private double longest(String group) throws InterruptedException {
    return of(group).stream()
        .mapToDouble(each -> Objects.requireNonNull(each.seconds()))
        .max()
        .orElseThrow();
  }

  private List<PartitionLag> of(String group) throws InterruptedException {
    return lag.of(group, topic -> false);
  }

  private static void growsByOneASecond(Looking looking) throws Exception {
    within(20).until(() -> looking.seconds() > 0.5);
    long began = System.nanoTime();
    double before = looking.seconds();
    within(20).until(() -> looking.seconds() >= before + 3);
    double took = (System.nanoTime() - began) / 1e9;
    assertThat(looking.seconds() - before).isCloseTo(took, offset(1.0));
  }

  private static ProducerRecord<byte[], byte[]> record(String topic) {
    return new ProducerRecord<>(topic, "v".getBytes(StandardCharsets.UTF_8));
  }

  private KafkaProducer<byte[], byte[]> producer(Map<String, Object> more) {
    Map<String, Object> properties = new HashMap<>(more);
    properties.put("bootstrap.servers", world.kafka.bootstrapServers());
    return new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
  }

  private interface Looking {
    double seconds() throws Exception;
  }
}
