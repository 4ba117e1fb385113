package dev.cachetide.invalidation;

import dev.cachetide.runtime.Outcome;
import dev.cachetide.runtime.postgres.VisibilityGate;
import java.time.Duration;
import java.util.Set;

/**
 * Holds evictions back until the primary shows the changes, for topics that were written by
 * somebody else's Debezium; cdc-ingest has done it already for its own.
 */
interface EventGate extends AutoCloseable {

  /** {@link Outcome.Applied} once every transaction is visible. */
  Outcome pass(Set<Long> xids);

  @Override
  default void close() {}

  /** For events that were held back at their source. */
  static EventGate open() {
    return xids -> Outcome.applied();
  }

  /**
   * For events of a foreign source.
   *
   * @param limit how long one look may take before the loop comes round again
   */
  static EventGate of(VisibilityGate gate, Duration limit) {
    return new EventGate() {
      @Override
      public Outcome pass(Set<Long> xids) {
        return switch (gate.await(xids, limit, () -> false).verdict()) {
          case VISIBLE -> Outcome.applied();
          case LIMIT, STOPPED ->
              new Outcome.Transient(
                  "wait until the primary shows the changes",
                  new IllegalStateException("not visible within " + limit));
        };
      }

      @Override
      public void close() {
        gate.close();
      }
    };
  }
}
