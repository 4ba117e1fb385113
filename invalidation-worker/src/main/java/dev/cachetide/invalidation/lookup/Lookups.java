package dev.cachetide.invalidation.lookup;

import dev.cachetide.invalidation.rules.ChangeEvent;
import dev.cachetide.invalidation.rules.Plan;
import dev.cachetide.runtime.Outcome;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes plans whole that wait for related rows. Used by one thread. */
public interface Lookups extends AutoCloseable {

  /**
   * Adds to a plan what leaves with the rows that its events are related to.
   *
   * <p>Called once every transaction of the batch is visible on the primary. Whatever cannot be
   * found out, other than because the server is away, is widened and told in {@link
   * Found#failures}.
   */
  Found resolve(Plan plan);

  @Override
  default void close() {}

  /**
   * How it went.
   *
   * @param failure {@link Outcome.Transient} when the server is away: the plan is not whole and
   *     must not be applied; null otherwise
   * @param statements that were sent
   * @param rows that were read
   * @param capped how many images of changed rows had more related rows than is allowed
   * @param failures lookups that were widened; at most one for each {@code fan_out}
   */
  record Found(
      @Nullable Outcome failure,
      int statements,
      long rows,
      int capped,
      List<Failure> failures,
      Duration took) {

    /** Of a plan that waits for nothing. */
    public static final Found NOTHING = new Found(null, 0, 0, 0, List.of(), Duration.ZERO);

    /** Copies the list. */
    public Found {
      failures = List.copyOf(failures);
    }
  }

  /**
   * A lookup that did not work and was widened.
   *
   * @param event the first one it was for
   * @param cause without any row's values
   */
  record Failure(ChangeEvent event, Exception cause) {}
}
