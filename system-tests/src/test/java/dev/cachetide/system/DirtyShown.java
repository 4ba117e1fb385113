package dev.cachetide.system;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The writes that must be seen: of each row the last one whose receipt said that it is visible, as
 * long as Redis has lost nothing since. Safe for concurrent use.
 */
final class DirtyShown {

  private final Map<String, Write> shown = new ConcurrentHashMap<>();
  private final Map<String, Accepted> accepted = new ConcurrentHashMap<>();
  private final Map<String, AtomicLong> lost = new ConcurrentHashMap<>();
  private final AtomicLong flushes = new AtomicLong();

  /**
   * A write that is shown.
   *
   * @param losses of its key, as they were counted before it began
   */
  record Write(long written, long losses) {}

  /** A write that Kafka has accepted, shown or not. */
  record Accepted(long written, String ticket) {}

  /** Counted before it happens. */
  void flushing() {
    flushes.incrementAndGet();
  }

  /** Counted before it happens. */
  void deleting(String key) {
    lost.computeIfAbsent(key, any -> new AtomicLong()).incrementAndGet();
  }

  /** Never falls; the same at two times when nothing was lost in between. */
  long losses(String key) {
    AtomicLong deleted = lost.get(key);
    return flushes.get() + (deleted == null ? 0 : deleted.get());
  }

  void show(String key, Write write) {
    shown.put(key, write);
  }

  void accept(String key, Accepted write) {
    accepted.put(key, write);
  }

  /** The last one of a row. */
  @Nullable Accepted accepted(String key) {
    return accepted.get(key);
  }

  @Nullable Write of(String key) {
    return shown.get(key);
  }

  /** Whether it must be seen still. */
  boolean stands(String key, Write write) {
    return losses(key) == write.losses();
  }
}
