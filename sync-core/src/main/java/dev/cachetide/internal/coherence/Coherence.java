package dev.cachetide.internal.coherence;

import org.jspecify.annotations.Nullable;

/**
 * Whether entries in Redis may be believed.
 *
 * <p>A reader asks for the {@link Trust} before it sends a command, and again when it has the
 * answer: only if it is the same object does the answer come from a Redis that was known to have
 * missed no eviction. Without trust a reader goes to the database and stores nothing.
 */
public interface Coherence extends AutoCloseable {

  /** Null while nothing in Redis may be believed. Costs a volatile read and a look at the clock. */
  @Nullable Trust trust();

  /** Whether a worker was heard lately, whatever it certified. */
  boolean heard();

  /** A connection broke: whoever answers next has to be asked who it is. */
  void connectionLost();

  @Override
  void close();

  /** For caches that no pipeline invalidates: whoever changes a value evicts it. */
  static Coherence standalone() {
    Trust always = new Trust(0);
    return new Coherence() {
      @Override
      public Trust trust() {
        return always;
      }

      @Override
      public boolean heard() {
        return true;
      }

      @Override
      public void connectionLost() {}

      @Override
      public void close() {}
    };
  }
}
