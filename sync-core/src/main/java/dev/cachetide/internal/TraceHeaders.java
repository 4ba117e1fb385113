package dev.cachetide.internal;

import org.apache.kafka.common.header.Headers;

/** Tells in a record's headers which trace it is published in. Safe for concurrent use. */
public interface TraceHeaders {

  /** Adds the calling thread's trace, if it is in one. */
  void add(Headers headers);

  /** OpenTelemetry's, when its API is on the class path, else none. */
  static TraceHeaders create() {
    try {
      Class.forName(
          "io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator",
          false,
          TraceHeaders.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      // an optional dependency that the application left out
      return headers -> {};
    }
    return new OpenTelemetryHeaders();
  }
}
