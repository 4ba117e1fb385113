package dev.cachetide.runtime;

import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.util.HashSet;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;

/**
 * Makes a span of each attempt at a batch, current while it lasts, with links to the spans that its
 * records were published in. Links and no parent: a batch has records of many traces, and belongs
 * to none of them. Attributes are those of OpenTelemetry's conventions for messaging; of a record
 * only its place is told, and of a failure its class and what was attempted, for a message may
 * quote a row.
 *
 * <p>Costs one call for each batch while no SDK or agent is there: then nobody looks at headers.
 */
final class TracedHandler extends ForwardingHandler {

  /** What the SDK keeps of one span unless told otherwise: more would be read to be thrown away. */
  static final int MOST_LINKS = 128;

  private static final AttributeKey<String> SYSTEM = AttributeKey.stringKey("messaging.system");
  private static final AttributeKey<String> OPERATION_TYPE =
      AttributeKey.stringKey("messaging.operation.type");
  private static final AttributeKey<String> OPERATION =
      AttributeKey.stringKey("messaging.operation.name");
  private static final AttributeKey<String> GROUP =
      AttributeKey.stringKey("messaging.consumer.group.name");
  private static final AttributeKey<String> CLIENT = AttributeKey.stringKey("messaging.client.id");
  private static final AttributeKey<Long> COUNT =
      AttributeKey.longKey("messaging.batch.message_count");
  private static final AttributeKey<String> DESTINATION =
      AttributeKey.stringKey("messaging.destination.name");
  private static final AttributeKey<String> PARTITION =
      AttributeKey.stringKey("messaging.destination.partition.id");
  private static final AttributeKey<Long> OFFSET = AttributeKey.longKey("messaging.kafka.offset");
  private static final AttributeKey<String> ERROR = AttributeKey.stringKey("error.type");
  private static final AttributeKey<Long> PARKED = AttributeKey.longKey("cachetide.parked");

  private static final String PROCESS = "process";

  private final Tracer tracer;
  private final Attributes always;

  TracedHandler(RecordHandler handler, OpenTelemetry telemetry, KafkaClients.Group group) {
    super(handler);
    tracer = telemetry.getTracer("dev.cachetide");
    always =
        Attributes.builder()
            .put(SYSTEM, "kafka")
            .put(OPERATION_TYPE, PROCESS)
            .put(OPERATION, PROCESS)
            .put(GROUP, group.id())
            .put(CLIENT, group.clientId())
            .build();
  }

  /** Spans of the agent's or of the SDK that was set before; else none. */
  static RecordHandler of(RecordHandler handler, KafkaClients.Group group) {
    return new TracedHandler(handler, GlobalOpenTelemetry.getOrNoop(), group);
  }

  @Override
  public Outcome handle(ConsumerRecords<byte[], byte[]> batch) {
    if (!tracer.isEnabled()) {
      return super.handle(batch);
    }
    Span span = start(batch);
    try {
      Outcome outcome = Context.root().with(span).wrapSupplier(() -> super.handle(batch)).get();
      tell(span, outcome);
      return outcome;
    } catch (RuntimeException | Error e) {
      // the loop ends with it, and tells of it; so does the span
      failed(span, "unforeseen failure", e);
      throw e;
    } finally {
      span.end();
    }
  }

  private Span start(ConsumerRecords<byte[], byte[]> batch) {
    Set<String> topics = new HashSet<>();
    batch.partitions().forEach(partition -> topics.add(partition.topic()));
    String topic = topics.size() == 1 ? topics.iterator().next() : null;
    SpanBuilder span =
        tracer
            .spanBuilder(topic == null ? PROCESS : PROCESS + " " + topic)
            .setNoParent()
            .setSpanKind(SpanKind.CONSUMER)
            .setAllAttributes(always)
            .setAttribute(COUNT, (long) batch.count());
    if (topic != null) {
      span.setAttribute(DESTINATION, topic);
    }
    link(span, batch);
    return span.startSpan();
  }

  /** Each span once, as of the first record of it. */
  private static void link(SpanBuilder span, ConsumerRecords<byte[], byte[]> batch) {
    Set<SpanContext> linked = new HashSet<>();
    for (ConsumerRecord<byte[], byte[]> record : batch) {
      SpanContext published = TraceReader.of(record.headers());
      if (published.isValid() && linked.add(published)) {
        span.addLink(published, place(record));
        if (linked.size() == MOST_LINKS) {
          return;
        }
      }
    }
  }

  private static Attributes place(ConsumerRecord<byte[], byte[]> record) {
    return Attributes.of(
        DESTINATION, record.topic(),
        PARTITION, String.valueOf(record.partition()),
        OFFSET, record.offset());
  }

  private static void tell(Span span, Outcome outcome) {
    if (outcome instanceof Outcome.Transient failure) {
      failed(span, failure.what(), failure.cause());
    } else if (outcome instanceof Outcome.Fatal failure) {
      failed(span, failure.what(), failure.cause());
    } else if (outcome instanceof Outcome.Applied applied && !applied.parked().isEmpty()) {
      span.setAttribute(PARKED, (long) applied.parked().size());
    }
  }

  private static void failed(Span span, String what, Throwable cause) {
    span.setStatus(StatusCode.ERROR, what).setAttribute(ERROR, cause.getClass().getName());
  }
}
