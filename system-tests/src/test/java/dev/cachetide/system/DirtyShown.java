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
  private final Map<String, Losses> deletes = new ConcurrentHashMap<>();
  private final Losses flushes = new Losses();

  /**
   * A write that is shown.
   *
   * @param losses of its key, as they were counted before it began; negative when one was under way
   */
  record Write(long written, long losses) {}

  /** A write that Kafka has accepted, shown or not. */
  record Accepted(long written, String ticket) {}

  /** Loses all entries. */
  void flush(Runnable flush) {
    flushes.lose(flush);
  }

  /** Loses one entry. */
  void delete(String key, Runnable delete) {
    deletes.computeIfAbsent(key, any -> new Losses()).lose(delete);
  }

  /** Never falls; the same at two times when nothing was lost in between; negative while it is. */
  long losses(String key) {
    Losses deleted = deletes.get(key);
    long flushed = flushes.over();
    long gone = deleted == null ? 0 : deleted.over();
    return flushed < 0 || gone < 0 ? -1 : flushed + gone;
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
    Losses deleted = deletes.get(key);
    return write.losses() == flushes.begun.get() + (deleted == null ? 0 : deleted.begun.get());
  }

  /**
   * Losses of one kind, by one thread. Counted before they happen and after: what begins in between
   * may be shown before the loss, and lost by it.
   */
  private static final class Losses {
    private final AtomicLong begun = new AtomicLong();
    private final AtomicLong ended = new AtomicLong();

    void lose(Runnable loss) {
      begun.incrementAndGet();
      loss.run();
      ended.incrementAndGet();
    }

    /** How many; negative while one is under way. */
    long over() {
      long count = begun.get();
      return ended.get() == count ? count : -1;
    }
  }
}
