package dev.cachetide.runtime;

import java.util.Optional;

/** Which setting of the file a failure is about. By exception class, never by message. */
public final class Advice {

  private Advice() {}

  /** What to change; empty when the failure is about nothing that stands in the file. */
  public static Optional<String> of(Throwable failure) {
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof Advised advised) {
        return Optional.of(advised.advice());
      }
    }
    return KafkaAdvice.of(failure);
  }

  /** What was attempted, and behind a colon what to change, if that is known. */
  public static String with(String what, Throwable failure) {
    return of(failure).map(advice -> what + ": " + advice).orElse(what);
  }
}
