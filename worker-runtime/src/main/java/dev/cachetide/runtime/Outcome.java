package dev.cachetide.runtime;

import java.time.Duration;
import java.util.List;

/** How handling a batch ended. Failure is a value: no path both fails and advances in silence. */
public sealed interface Outcome {

  /** Everything in the batch took effect, but for no record at all. */
  static Outcome applied() {
    return new Applied(List.of());
  }

  /**
   * Every record of the batch either took effect or is in {@code parked}. The loop publishes the
   * parked ones and moves on once Kafka has acknowledged them.
   *
   * @param parked in the order of the batch; empty when nothing was poison
   */
  record Applied(List<DeadLetter> parked) implements Outcome {
    /** Copies the list. */
    public Applied {
      parked = List.copyOf(parked);
    }
  }

  /**
   * Nothing failed, but the handler wants to go on later, so that the loop can poll, hear of a
   * rebalance or begin to drain in between. The loop hands the same batch over again; what took
   * effect is the handler's to remember.
   *
   * @param pause before it comes again; may be zero
   */
  record Unfinished(Duration pause) implements Outcome {}

  /**
   * Nothing is known to have taken effect, and trying the same batch again may help. The loop
   * pauses, backs off and hands the same batch over again.
   *
   * @param what was attempted, constant text without row values
   */
  record Transient(String what, Throwable cause) implements Outcome {}

  /**
   * No retry in this process can help. The loop drains and ends with a non-zero exit.
   *
   * @param what was attempted and what the operator can do, without row values
   */
  record Fatal(String what, Throwable cause) implements Outcome {}
}
