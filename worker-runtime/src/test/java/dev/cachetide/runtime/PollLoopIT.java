package dev.cachetide.runtime;

import static dev.cachetide.runtime.KafkaWorld.await;
import static dev.cachetide.runtime.KafkaWorld.within;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.WritePublisher;
import dev.cachetide.wire.PipelineNames;
import dev.cachetide.wire.WriteCommand;
import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
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

  @Test
  void a_handler_learns_where_it_begins_and_how_much_the_group_reads() throws Exception {
    world.create("size-a", 2);
    CollectingHandler handler = new CollectingHandler();
    try (WorkerProgram worker =
        world.worker("size", "size", Topics.named(Set.of("size-a", "size-b")), handler)) {
      worker.start();
      within(20).until(() -> handler.groupReads == 2);
      within(20).until(() -> handler.begins.size() == 2);
      world.create("size-b", 3);
      within(20).until(() -> handler.groupReads == 5);
    }
  }

  @Test
  void a_value_that_does_not_fit_is_parked_by_its_place_alone() throws Exception {
    world.create("large", 1);
    world.create(
        new NewTopic("large-group.dead-letters", 1, (short) 1)
            .configs(Map.of("max.message.bytes", "12000")));
    CollectingHandler handler = new CollectingHandler();
    handler.answer = PollLoopIT::parkAll;
    try (WorkerProgram worker =
        world.worker("large-group", "large", Topics.named(Set.of("large")), handler)) {
      worker.start();
      world.send("large", "k", "x".repeat(50_000)).get();
      within(20).until(() -> handler.handled.get() == 1);
      within(20).untilAsserted(() -> assertThat(world.committed("large-group")).isEqualTo(1));
    }
    ConsumerRecord<byte[], byte[]> letter = world.readAll("large-group.dead-letters", 1).get(0);
    assertThat(letter.value()).isNull();
    assertThat(header(letter, "cachetide.value.omitted")).isEqualTo("too large");
    assertThat(header(letter, "__connect.errors.offset")).isEqualTo("0");
  }

  @Test
  void a_batch_links_to_the_span_of_the_write_that_it_handles() throws Exception {
    InMemorySpanExporter spans = InMemorySpanExporter.create();
    OpenTelemetrySdk sdk =
        OpenTelemetrySdk.builder()
            .setTracerProvider(
                SdkTracerProvider.builder()
                    .addSpanProcessor(SimpleSpanProcessor.create(spans))
                    .build())
            .build();
    GlobalOpenTelemetry.resetForTest();
    GlobalOpenTelemetry.set(sdk);
    try {
      SpanContext writer = handle_and_park_a_write(sdk.getTracer("application"));
      within(20)
          .untilAsserted(
              () ->
                  assertThat(spans.getFinishedSpanItems())
                      .anySatisfy(
                          span -> {
                            assertThat(span.getName()).isEqualTo("process traced.writes");
                            assertThat(span.getTraceId()).isNotEqualTo(writer.getTraceId());
                            assertThat(span.getLinks())
                                .extracting(link -> link.getSpanContext().getSpanId())
                                .containsExactly(writer.getSpanId());
                          }));
      ConsumerRecord<byte[], byte[]> letter = world.readAll("traced-group.dead-letters", 1).get(0);
      assertThat(header(letter, "traceparent"))
          .startsWith("00-" + writer.getTraceId() + "-" + writer.getSpanId() + "-");
    } finally {
      GlobalOpenTelemetry.resetForTest();
      sdk.close();
    }
    assertThat(world.clientIds()).noneMatch(client -> client.startsWith("traced"));
  }

  /** The span in which it was published; the worker is closed again. */
  private SpanContext handle_and_park_a_write(Tracer application) throws Exception {
    world.create("traced.writes", 1);
    world.create("traced.receipts", 1);
    CollectingHandler handler = new CollectingHandler();
    handler.answer = PollLoopIT::parkAll;
    Map<String, String> kafka = Map.of("bootstrap.servers", world.kafka.bootstrapServers());
    try (WritePublisher publisher = new WritePublisher(new PipelineNames("traced"), kafka);
        WorkerProgram worker =
            world.worker(
                "traced-group", "traced", Topics.named(Set.of("traced.writes")), handler)) {
      worker.start();
      Span span = application.spanBuilder("place order").startSpan();
      Context.root()
          .with(span)
          .wrapSupplier(
              () ->
                  publisher.publish(
                      WriteCommand.upsert("public.t", Map.of("id", 1), Map.of("n", 2))))
          .get()
          .get(20, TimeUnit.SECONDS);
      span.end();
      within(20).untilAsserted(() -> assertThat(world.committed("traced-group")).isEqualTo(1));
      assertThat(world.clientIds())
          .contains("traced", "traced-admin", "traced-lag", "traced-dead-letters");
      return span.getSpanContext();
    }
  }

  private static Outcome parkAll(ConsumerRecords<byte[], byte[]> batch) {
    List<DeadLetter> bad = new ArrayList<>();
    batch.forEach(r -> bad.add(new DeadLetter(r, "plan", new IllegalArgumentException("no"))));
    return new Outcome.Applied(bad);
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
          await(released);
          return Outcome.applied();
        };
    WorkerProgram worker =
        world.worker("stopping-group", "stopping", Topics.named(Set.of("stopping")), handler);
    world.sendAll("stopping", 0, 10);
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
    world.sendAll("stuck", 0, 10);
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
    world.sendAll("gone", 0, 10);
    try (WorkerProgram worker = world.worker("gone-group", "gone", topics, handler)) {
      worker.start();
      within(20).until(() -> handler.seen.size() == 10);
    }
    world.sendAll("gone", 10, 30);
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

  private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
    return new String(
        Objects.requireNonNull(record.headers().lastHeader(name), name).value(),
        StandardCharsets.UTF_8);
  }
}
