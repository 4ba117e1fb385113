package dev.cachetide;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Another name for the values of a cache: a user by e-mail where the cache knows users by id. Made
 * by {@link Cache#alias}.
 *
 * <p>What is kept under the name is a pointer, the value's key; the value itself is kept once,
 * under its key. <b>A pointer is never believed:</b> a value is returned only if it bears the name
 * that was asked for, and it comes from the cache's own read path. So a pointer that is wrong, from
 * a load that was slow or an event that was lost, costs a load and nothing else, and everything
 * that holds of {@link Cache#load} holds here. Otherwise the pointer leaves and the name is
 * resolved anew, at most twice.
 *
 * <p>Loading a value by its key points its names to it, and so do {@code put}, write-through and
 * write-behind; changing or evicting one takes the names away that the cached value had.
 *
 * <p><b>Absence.</b> That nobody bears a name is remembered for the cache's negative TTL. It ends
 * when a value that bears it is stored through this library, or by a rule of the pipeline that
 * names the pointer's key: {@code user:email:{email}}. Without either a row that somebody else
 * inserts is not found by its name before that TTL.
 *
 * <p>Names are unique: of two values with one name, either may be found. Safe for concurrent use.
 */
public interface Alias<A, V> {

  /**
   * The value that bears the name, from the cache or loaded.
   *
   * @throws LoadFailedException as {@link Cache#load}, for the resolver too
   */
  Optional<V> get(A alias);

  /**
   * Forgets where the name points, or that nobody bears it.
   *
   * @return whether Redis confirmed it
   */
  boolean evict(A alias);

  /** The pointers themselves: their statistics, and warming. */
  Cache<A, ?> pointers();

  /** Tells a value's name. */
  @FunctionalInterface
  interface Of<V, A> {

    /** The name that a value bears now; null for none. Must be pure. */
    @Nullable A of(V value);
  }
}
