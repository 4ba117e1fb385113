package dev.cachetide.runtime;

import java.util.List;

/** Where the loop parks records. Used by the loop's thread alone. */
interface DeadLetters extends AutoCloseable {

  /** {@link Outcome.Applied} once every one of them is kept for good. */
  Outcome publish(List<DeadLetter> parked);

  @Override
  void close();
}
