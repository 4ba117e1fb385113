package dev.cachetide.internal.receipts;

import dev.cachetide.BacklogException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How many writes wait to be applied: of each partition that this process writes to, what lies
 * between the offset up to which it is known to be applied and the last write of this process,
 * whoever wrote it, and the writes that Kafka has not answered yet.
 *
 * <p>Of a partition that nothing is known of only this process's own writes count. Safe for
 * concurrent use.
 */
public final class Backlog {

  private final long budget;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition room = lock.newCondition();
  private final Map<Integer, Stretch> partitions = new HashMap<>();
  private long unanswered;
  private long accepted;

  /**
   * An empty one.
   *
   * @param budget how many may wait; 0 for any number
   */
  public Backlog(long budget) {
    if (budget < 0) {
      throw new IllegalArgumentException("a budget below 0");
    }
    this.budget = budget;
  }

  /**
   * Makes room for one more write, waiting for it if there is none; to be followed by {@link
   * #accepted} or {@link #refused}.
   *
   * @throws BacklogException when there is none within the limit, or the thread is interrupted,
   *     which it then still is
   */
  public void enter(Duration limit) {
    long left = limit.toNanos();
    lock.lock();
    try {
      while (isFullHeld()) {
        if (left <= 0) {
          throw new BacklogException(waitingHeld(), budget);
        }
        left = room.awaitNanos(left);
      }
      unanswered++;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BacklogException(waitingHeld(), budget);
    } finally {
      lock.unlock();
    }
  }

  /** Kafka has put a write there. */
  public void accepted(int partition, long offset) {
    lock.lock();
    try {
      unanswered--;
      Stretch stretch = partitions.computeIfAbsent(partition, key -> new Stretch(offset));
      accepted -= stretch.length();
      if (!stretch.known) {
        stretch.applied = Math.min(stretch.applied, offset);
      }
      stretch.end = Math.max(stretch.end, offset + 1);
      accepted += stretch.length();
    } finally {
      lock.unlock();
    }
  }

  /** Kafka has not taken the write, or not said so. */
  public void refused() {
    lock.lock();
    try {
      unanswered--;
      room.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Everything before this offset is applied, or will never be. */
  public void applied(int partition, long next) {
    lock.lock();
    try {
      Stretch stretch = partitions.get(partition);
      if (stretch != null) {
        accepted -= stretch.length();
        stretch.applied = stretch.known ? Math.max(stretch.applied, next) : next;
        stretch.known = true;
        accepted += stretch.length();
        room.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** The topic was made anew: its offsets begin again. */
  public void restart() {
    lock.lock();
    try {
      partitions.clear();
      accepted = 0;
      room.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** How many wait. */
  public long waiting() {
    lock.lock();
    try {
      return waitingHeld();
    } finally {
      lock.unlock();
    }
  }

  /** Whether there is no room. */
  boolean isFull() {
    lock.lock();
    try {
      return isFullHeld();
    } finally {
      lock.unlock();
    }
  }

  private boolean isFullHeld() {
    return budget > 0 && waitingHeld() >= budget;
  }

  private long waitingHeld() {
    return unanswered + accepted;
  }

  /** Of one partition: applied up to one offset, written by this process up to another. */
  private static final class Stretch {
    private long applied;
    private long end;
    private boolean known;

    Stretch(long first) {
      applied = first;
      end = first;
    }

    long length() {
      return Math.max(0, end - applied);
    }
  }
}
