package dev.cachetide.runtime;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** Keeps what is parked, unless told to fail. */
final class InMemoryDeadLetters implements DeadLetters {

  final Deque<Outcome> failures = new ArrayDeque<>();
  final List<DeadLetter> kept = new ArrayList<>();
  boolean closed;

  @Override
  public Outcome publish(List<DeadLetter> parked) {
    if (!failures.isEmpty()) {
      return failures.remove();
    }
    kept.addAll(parked);
    return Outcome.applied();
  }

  @Override
  public void close() {
    closed = true;
  }
}
