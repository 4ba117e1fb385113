package dev.cachetide.system.race;

import java.time.Duration;
import java.util.OptionalLong;

/** A cache in front of the hot rows, as an application would use it. Safe for concurrent use. */
interface CacheUnderTest extends AutoCloseable {

  /** The version of a row: the cached one, or else the loaded one, which is cached if allowed. */
  long read(int id, Loader loader);

  /** What the cache holds at this moment; nothing is loaded. */
  OptionalLong cached(int id);

  /**
   * A change event of a row was read from its topic, for protocols that need more than the worker's
   * eviction.
   *
   * @param lsn where in the WAL the change stands
   */
  default void changed(int id, long lsn) {}

  /** How long it may hold on to something after the worker has said that it is no longer so. */
  default Duration lag() {
    return Duration.ZERO;
  }

  @Override
  void close();

  /** Reads a row from the primary, and may stall after it has. */
  interface Loader {
    Row load(int id);
  }

  /**
   * A row as one transaction saw it.
   *
   * @param lsn where new WAL was inserted just before the transaction looked
   */
  record Row(long version, long lsn) {}
}
