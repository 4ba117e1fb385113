package dev.cachetide;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cachetide.wire.PipelineNames;
import dev.cachetide.wire.WriteCommand;
import dev.cachetide.wire.WriteCommandCodec;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

class WritePublisherTest {

  private static final WriteCommand COMMAND =
      WriteCommand.upsert("public.users", Map.of("id", 7), Map.of("name", "Ada"));

  private final MockProducer<byte[], byte[]> kafka =
      new MockProducer<>(false, null, new ByteArraySerializer(), new ByteArraySerializer());
  private final WritePublisher publisher = new WritePublisher(kafka, "shop.writes");

  @Test
  void a_write_is_accepted_when_kafka_has_acknowledged_it_and_not_before() {
    CompletableFuture<WritePublisher.Accepted> acceptance = publisher.publish(COMMAND);
    assertThat(acceptance).isNotDone();
    kafka.completeNext();
    assertThat(acceptance).isCompletedWithValue(new WritePublisher.Accepted(0, 0));
  }

  @Test
  void a_write_is_keyed_by_its_row() {
    CompletableFuture<WritePublisher.Accepted> acceptance = publisher.publish(COMMAND);
    var record = kafka.history().get(0);
    assertThat(acceptance).isNotDone();
    assertThat(record.topic()).isEqualTo("shop.writes");
    assertThat(new String(record.key(), UTF_8)).isEqualTo("public.users{\"id\":7}");
    assertThat(record.value()).isEqualTo(WriteCommandCodec.encode(COMMAND));
  }

  @Test
  void a_refusal_of_kafka_completes_exceptionally() {
    CompletableFuture<WritePublisher.Accepted> acceptance = publisher.publish(COMMAND);
    kafka.errorNext(new NotEnoughReplicasException("two of three are away"));
    assertThatThrownBy(acceptance::join).hasCauseInstanceOf(NotEnoughReplicasException.class);
  }

  @Test
  void a_producer_that_throws_completes_exceptionally() {
    kafka.sendException = new IllegalStateException("closed");
    assertThat(publisher.publish(COMMAND)).isCompletedExceptionally();
  }

  @Test
  void a_write_above_the_limit_is_refused_without_a_send() {
    String text = "x".repeat(WriteCommandCodec.MAX_BYTES);
    CompletableFuture<WritePublisher.Accepted> acceptance =
        publisher.publish(WriteCommand.upsert("users", Map.of("id", 7), Map.of("name", text)));
    assertThatThrownBy(acceptance::join).hasCauseInstanceOf(RecordTooLargeException.class);
    assertThat(kafka.history()).isEmpty();
  }

  @Test
  void settings_that_the_promise_rests_on_are_refused() {
    assertThatThrownBy(
            () ->
                new WritePublisher(
                    new PipelineNames("shop"),
                    Map.of("bootstrap.servers", "localhost:9", "acks", "1")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("acks");
  }

  @Test
  void a_write_carries_the_trace_that_its_caller_is_in() {
    TraceState state = TraceState.builder().put("vendor", "1").build();
    Span span =
        Span.wrap(
            SpanContext.create(
                "0af7651916cd43dd8448eb211c80319c",
                "b7ad6b7169203331",
                TraceFlags.getSampled(),
                state));
    assertThat(Context.root().with(span).wrapSupplier(() -> publisher.publish(COMMAND)).get())
        .isNotDone();
    assertThat(publisher.publish(COMMAND)).isNotDone();

    var headers = kafka.history().get(0).headers();
    assertThat(new String(headers.lastHeader("traceparent").value(), UTF_8))
        .isEqualTo("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    assertThat(new String(headers.lastHeader("tracestate").value(), UTF_8)).isEqualTo("vendor=1");
    assertThat(kafka.history().get(1).headers()).as("outside of a trace").isEmpty();
  }
}
