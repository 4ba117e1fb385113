package dev.cachetide.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanLimits;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

final class TracedHandlerTest {

  private static final KafkaClients.Group GROUP =
      new KafkaClients.Group("shop.write-behind", "worker-1", 500, Duration.ofMinutes(5));
  private static final String VALUE = "ada@example.org";

  private final InMemorySpanExporter spans = InMemorySpanExporter.create();
  private final OpenTelemetry telemetry =
      OpenTelemetrySdk.builder()
          .setTracerProvider(
              SdkTracerProvider.builder()
                  .setSpanLimits(SpanLimits.builder().setMaxNumberOfLinks(10_000).build())
                  .addSpanProcessor(SimpleSpanProcessor.create(spans))
                  .build())
          .build();
  private final ScriptedHandler inner = new ScriptedHandler();
  private final RecordHandler handler = new TracedHandler(inner, telemetry, GROUP);

  private static String traceparent(int trace) {
    return "00-%032x-%016x-01".formatted(trace + 1, 7);
  }

  private static ConsumerRecord<byte[], byte[]> record(String topic, long offset, String trace) {
    Headers headers = new RecordHeaders();
    headers.add("traceparent", trace.getBytes(StandardCharsets.UTF_8));
    return record(topic, offset, headers);
  }

  private static ConsumerRecord<byte[], byte[]> record(String topic, long offset, Headers headers) {
    byte[] text = VALUE.getBytes(StandardCharsets.UTF_8);
    return new ConsumerRecord<>(
        topic,
        3,
        offset,
        0L,
        TimestampType.LOG_APPEND_TIME,
        text.length,
        text.length,
        text,
        text,
        headers,
        Optional.empty());
  }

  @SafeVarargs
  private static ConsumerRecords<byte[], byte[]> batch(ConsumerRecord<byte[], byte[]>... records) {
    Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> all = new HashMap<>();
    for (ConsumerRecord<byte[], byte[]> record : records) {
      all.computeIfAbsent(
              new TopicPartition(record.topic(), record.partition()),
              partition -> new ArrayList<>())
          .add(record);
    }
    return new ConsumerRecords<>(all, Map.of());
  }

  private SpanData span() {
    assertThat(spans.getFinishedSpanItems()).hasSize(1);
    return spans.getFinishedSpanItems().get(0);
  }

  private static Object attribute(SpanData span, String name) {
    return span.getAttributes().asMap().entrySet().stream()
        .filter(each -> each.getKey().getKey().equals(name))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(null);
  }

  @Test
  void a_batch_is_one_span_that_links_to_those_its_records_were_published_in() {
    handler.handle(
        batch(
            record("shop.writes", 5, traceparent(1)),
            record("shop.writes", 6, traceparent(1)),
            record("shop.writes", 7, traceparent(2)),
            record("shop.writes", 8, new RecordHeaders()),
            record("shop.writes", 9, "no trace: " + VALUE)));

    SpanData span = span();
    assertThat(span.getName()).isEqualTo("process shop.writes");
    assertThat(span.getKind()).isEqualTo(SpanKind.CONSUMER);
    assertThat(span.getParentSpanContext().isValid()).isFalse();
    assertThat(span.getStatus()).isEqualTo(StatusData.unset());
    assertThat(attribute(span, "messaging.system")).isEqualTo("kafka");
    assertThat(attribute(span, "messaging.operation.type")).isEqualTo("process");
    assertThat(attribute(span, "messaging.destination.name")).isEqualTo("shop.writes");
    assertThat(attribute(span, "messaging.consumer.group.name")).isEqualTo("shop.write-behind");
    assertThat(attribute(span, "messaging.client.id")).isEqualTo("worker-1");
    assertThat(attribute(span, "messaging.batch.message_count")).isEqualTo(5L);
    assertThat(span.getLinks())
        .extracting(link -> link.getSpanContext().getTraceId())
        .containsExactly(traceparent(1).substring(3, 35), traceparent(2).substring(3, 35));
    LinkData second = span.getLinks().get(1);
    assertThat(second.getSpanContext().isRemote()).isTrue();
    assertThat(second.getAttributes().get(AttributeKey.longKey("messaging.kafka.offset")))
        .isEqualTo(7);
    assertThat(second.getAttributes().get(AttributeKey.stringKey("messaging.destination.name")))
        .isEqualTo("shop.writes");
    assertThat(span.toString()).doesNotContain(VALUE);
  }

  @Test
  void it_is_current_while_the_batch_is_handled_and_no_longer() {
    List<SpanContext> current = new ArrayList<>();
    new TracedHandler(
            new ForwardingHandler(inner) {
              @Override
              public Outcome handle(ConsumerRecords<byte[], byte[]> batch) {
                current.add(Span.current().getSpanContext());
                return super.handle(batch);
              }
            },
            telemetry,
            GROUP)
        .handle(batch(record("t", 1, traceparent(1))));

    assertThat(current).containsExactly(span().getSpanContext());
    assertThat(Span.current().getSpanContext().isValid()).isFalse();
  }

  @Test
  void records_of_several_topics_have_no_topic_in_common() {
    handler.handle(
        batch(record("shop.public.a", 1, traceparent(1)), record("shop.public.b", 1, "none")));

    assertThat(span().getName()).isEqualTo("process");
    assertThat(attribute(span(), "messaging.destination.name")).isNull();
    assertThat(attribute(span(), "messaging.batch.message_count")).isEqualTo(2L);
  }

  @Test
  void what_failed_is_told_without_what_it_said() {
    Exception cause = new IllegalStateException("unexpected '" + VALUE + "'");
    inner.handling.add(new Outcome.Transient("apply write commands", cause));
    inner.handling.add(new Outcome.Fatal("read the topic", cause));
    ConsumerRecords<byte[], byte[]> batch = batch(record("t", 1, traceparent(1)));
    handler.handle(batch);
    handler.handle(batch);
    inner.bug = new IllegalArgumentException(VALUE);
    assertThatThrownBy(() -> handler.handle(batch)).isSameAs(inner.bug);

    assertThat(spans.getFinishedSpanItems())
        .hasSize(3)
        .allMatch(SpanData::hasEnded)
        .allMatch(span -> span.getStatus().getStatusCode() == StatusCode.ERROR)
        .allMatch(span -> span.getEvents().isEmpty())
        .noneMatch(span -> span.toString().contains(VALUE));
    assertThat(spans.getFinishedSpanItems())
        .extracting(span -> span.getStatus().getDescription())
        .containsExactly("apply write commands", "read the topic", "unforeseen failure");
    assertThat(spans.getFinishedSpanItems())
        .extracting(span -> attribute(span, "error.type"))
        .containsExactly(
            "java.lang.IllegalStateException",
            "java.lang.IllegalStateException",
            "java.lang.IllegalArgumentException");
  }

  @Test
  void records_that_are_set_aside_are_counted() {
    ConsumerRecord<byte[], byte[]> record = record("t", 1, traceparent(1));
    inner.handling.add(
        new Outcome.Applied(List.of(new DeadLetter(record, "decode", new Exception(VALUE)))));
    handler.handle(batch(record));

    assertThat(attribute(span(), "cachetide.parked")).isEqualTo(1L);
    assertThat(span().getStatus()).isEqualTo(StatusData.unset());
  }

  @Test
  void links_have_a_limit() {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < 2 * TracedHandler.MOST_LINKS; i++) {
      records.add(record("t", i, traceparent(i)));
    }
    handler.handle(new ConsumerRecords<>(Map.of(new TopicPartition("t", 3), records), Map.of()));

    assertThat(span().getLinks()).hasSize(TracedHandler.MOST_LINKS);
  }

  @Test
  void without_an_sdk_nobody_looks_at_headers() {
    Headers untouchable =
        (Headers)
            Proxy.newProxyInstance(
                Headers.class.getClassLoader(),
                new Class<?>[] {Headers.class},
                (proxy, method, arguments) -> {
                  throw new AssertionError("looked at: " + method);
                });
    ConsumerRecords<byte[], byte[]> batch = batch(record("t", 1, untouchable));
    assertThatThrownBy(() -> handler.handle(batch)).isInstanceOf(AssertionError.class);
    inner.calls.clear();

    new TracedHandler(inner, OpenTelemetry.noop(), GROUP).handle(batch);

    assertThat(inner.calls).containsExactly("handle [t-3@1]");
  }
}
