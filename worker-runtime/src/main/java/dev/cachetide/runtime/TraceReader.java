package dev.cachetide.runtime;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** Which span a record was published in, by its {@code traceparent} and {@code tracestate}. */
final class TraceReader implements TextMapGetter<Headers> {

  private static final TraceReader GETTER = new TraceReader();

  private TraceReader() {}

  /** Not valid when the headers name none. */
  static SpanContext of(Headers headers) {
    return Span.fromContext(
            W3CTraceContextPropagator.getInstance().extract(Context.root(), headers, GETTER))
        .getSpanContext();
  }

  @Override
  public @Nullable String get(@Nullable Headers headers, String key) {
    Header header = headers == null ? null : headers.lastHeader(key);
    return header == null || header.value() == null
        ? null
        : new String(header.value(), StandardCharsets.UTF_8);
  }
}
