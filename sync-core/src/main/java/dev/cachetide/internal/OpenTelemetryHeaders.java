package dev.cachetide.internal;

import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * {@code traceparent} and {@code tracestate} of the current context. Not by the propagators that
 * the application has chosen: the workers read these two, and baggage may hold what should not
 * stand in a topic. Asks for no SDK, so one may be set at any time.
 */
final class OpenTelemetryHeaders implements TraceHeaders {

  @Override
  public void add(Headers headers) {
    W3CTraceContextPropagator.getInstance()
        .inject(Context.current(), headers, OpenTelemetryHeaders::set);
  }

  private static void set(@Nullable Headers headers, String name, String value) {
    Objects.requireNonNull(headers).add(name, value.getBytes(StandardCharsets.UTF_8));
  }
}
