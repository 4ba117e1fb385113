package dev.cachetide.system.race;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Up to which version each row's invalidation is acknowledged. No read that starts afterwards may
 * return an older one.
 *
 * <p>Fed from two sides, in any order: which record of a change topic tells of which version, and
 * up to which record a worker has evicted. Safe for concurrent use.
 */
final class Fence {

  private final AtomicLongArray acknowledged;
  private final Map<String, Slice> slices = new HashMap<>();

  /**
   * @param versions that nobody can read less than, by id
   */
  Fence(long[] versions) {
    acknowledged = new AtomicLongArray(versions);
  }

  /** Record {@code offset} says that the row has that version. */
  synchronized void told(String partition, long offset, int id, long version) {
    Slice slice = slice(partition);
    slice.waiting.add(new Told(offset, id, version));
    release(slice);
  }

  /** Everything up to and with record {@code offset} is evicted. */
  synchronized void evicted(String partition, long offset) {
    Slice slice = slice(partition);
    slice.evicted = Math.max(slice.evicted, offset);
    release(slice);
  }

  /** The version that a read which starts now must reach. */
  long of(int id) {
    return acknowledged.get(id);
  }

  /** Whether every row's invalidation is acknowledged up to these versions. */
  boolean reached(long[] versions) {
    for (int id = 0; id < versions.length; id++) {
      if (of(id) < versions[id]) {
        return false;
      }
    }
    return true;
  }

  private Slice slice(String partition) {
    return slices.computeIfAbsent(partition, each -> new Slice());
  }

  private void release(Slice slice) {
    for (Told told = slice.waiting.peek();
        told != null && told.offset <= slice.evicted;
        told = slice.waiting.peek()) {
      long version = told.version;
      acknowledged.accumulateAndGet(told.id, version, Math::max);
      slice.waiting.remove();
    }
  }

  private record Told(long offset, int id, long version) {}

  private static final class Slice {
    private final Queue<Told> waiting = new ArrayDeque<>();
    private long evicted = -1;
  }
}
