package dev.cachetide;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A read by {@link Cache#getOrLease} that ends in a value, or in permission to store one.
 *
 * <p>Whoever has the permission keeps readers of the key waiting, in this process and in all
 * others, for the wait budget at most: fill soon, and close in any case. It ends by itself with the
 * lease's life, 5 s unless set otherwise.
 *
 * <p>Safe for concurrent use; the first {@code fill} or {@code close} counts.
 */
public interface Leased<V> extends AutoCloseable {

  /** Whether something was cached. If not, load, and {@link #fill}. */
  boolean hit();

  /** What was cached; empty on a hit when it is known that there is no value. */
  Optional<V> value();

  /**
   * Stores a value that was loaded after this read, as {@link Loader} says; null says that there is
   * none, which is remembered too.
   *
   * @return false when nothing was stored: the key was evicted or leased anew meanwhile, Redis is
   *     away or not to be believed, somebody else loads for longer than the wait budget, this was
   *     filled or closed before, or it was a hit
   */
  boolean fill(@Nullable V value);

  /** Gives the permission back, unless it was used. */
  @Override
  void close();
}
