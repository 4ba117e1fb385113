package dev.cachetide.internal.near;

/** Counts what an L1 does; called from any thread. */
public interface NearMeters {

  /** Served from here. */
  void hit();

  /** Not held. */
  void miss();

  /** Not looked at, because the guard says no. */
  void bypassed();

  /** Not stored, because it may have been invalidated since its read began. */
  void dropped();

  /** Counts nothing. */
  static NearMeters none() {
    return new NearMeters() {
      @Override
      public void hit() {}

      @Override
      public void miss() {}

      @Override
      public void bypassed() {}

      @Override
      public void dropped() {}
    };
  }
}
