package dev.cachetide.internal.coherence;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLongArray;

/** The database: rows whose value is how often they were changed, and when that was evicted. */
final class Rows {

  static final int COUNT = 8;

  private final AtomicLongArray versions = new AtomicLongArray(COUNT);
  private final List<ConcurrentSkipListMap<Long, Long>> evictedAt = new ArrayList<>();

  Rows() {
    for (int row = 0; row < COUNT; row++) {
      evictedAt.add(new ConcurrentSkipListMap<>());
    }
  }

  static String key(int row) {
    return "row:" + row;
  }

  void change(int row) {
    versions.incrementAndGet(row);
  }

  long version(int row) {
    return versions.get(row);
  }

  /** The eviction of the newest version was acknowledged by Redis. */
  void evicted(int row) {
    evictedAt.get(row).putIfAbsent(versions.get(row), System.nanoTime());
  }

  /** For how long, at a time, a version had been evicted from Redis; 0 when it had not. */
  long staleMillis(int row, long version, long atNanos) {
    Map.Entry<Long, Long> newer = evictedAt.get(row).higherEntry(version);
    return newer == null ? 0 : Math.max(0, (atNanos - newer.getValue()) / 1_000_000);
  }
}
