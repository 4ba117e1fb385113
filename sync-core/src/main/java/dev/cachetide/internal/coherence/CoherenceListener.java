package dev.cachetide.internal.coherence;

import dev.cachetide.wire.Invalidation;

/** Is told what is heard, to count it. Called on a thread of Redis's client; must not block. */
public interface CoherenceListener {

  /** An invalidation was passed on. */
  void invalidated(Invalidation what);

  /** Every L1 was emptied. */
  void flushed(FlushCause cause);

  /** Counts nothing. */
  static CoherenceListener none() {
    return new CoherenceListener() {
      @Override
      public void invalidated(Invalidation what) {}

      @Override
      public void flushed(FlushCause cause) {}
    };
  }
}
