package dev.cachetide.invalidation;

import dev.cachetide.wire.ChannelMessage.Beat;
import java.sql.SQLException;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pipeline's generation as Postgres holds it, asked twice a second. An answer counts from when
 * the question was sent, for two seconds: after that nothing is known.
 *
 * <p>Postgres is asked on another thread than the loop's, since a Postgres that hangs must not hold
 * evictions up. The loop's thread calls; only the answer comes from the other.
 */
final class GenerationWatch implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(GenerationWatch.class);
  private static final long EVERY_NANOS = Duration.ofMillis(Beat.INTERVAL_MILLIS).toNanos();
  private static final long COUNTS_NANOS = Duration.ofMillis(Beat.SILENCE_MILLIS).toNanos();

  private final Source source;
  private final Executor executor;
  private final Runnable stop;
  private final LongSupplier nanoTime;
  private final AtomicBoolean asking = new AtomicBoolean();
  private volatile @Nullable Answer answer;
  private volatile boolean answers = true;
  private long askedNanos;
  private long countsFromNanos;
  private boolean askNow = true;

  /**
   * @param source owned by this object from now on
   * @param stop ends the executor
   */
  GenerationWatch(Source source, Executor executor, Runnable stop, LongSupplier nanoTime) {
    this.source = source;
    this.executor = executor;
    this.stop = stop;
    this.nanoTime = nanoTime;
    countsFromNanos = nanoTime.getAsLong();
  }

  /** On a thread of its own. */
  static GenerationWatch of(Source source) {
    ExecutorService thread =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread asking = new Thread(task, "invalidate-generation");
              asking.setDaemon(true);
              return asking;
            });
    return new GenerationWatch(source, thread, thread::shutdown, System::nanoTime);
  }

  /** Asks again, unless that was done a moment ago or the last answer is still to come. */
  void look() {
    long now = nanoTime.getAsLong();
    if ((askNow || now - askedNanos >= EVERY_NANOS) && asking.compareAndSet(false, true)) {
      askNow = false;
      askedNanos = now;
      executor.execute(() -> ask(now));
    }
  }

  private void ask(long sentNanos) {
    try {
      answer = new Answer(source.current(), sentNanos);
      answers = true;
    } catch (SQLException e) {
      // What was known grows old, and then nothing is said any more: listeners bypass their caches.
      if (answers) {
        log.atWarn().setCause(e).log("Postgres does not tell the generation");
      }
      answers = false;
    } finally {
      asking.set(false);
    }
  }

  /** Empty when Postgres has not told in time. */
  OptionalLong known() {
    Answer last = answer;
    boolean counts =
        last != null
            && last.askedNanos() - countsFromNanos >= 0
            && nanoTime.getAsLong() - last.askedNanos() <= COUNTS_NANOS;
    return counts && last != null ? OptionalLong.of(last.generation()) : OptionalLong.empty();
  }

  /** What was asked up to now counts no more. */
  void changed() {
    countsFromNanos = nanoTime.getAsLong();
    askNow = true;
  }

  /** Makes everything old, and says so as soon as it is read back. */
  void bump(String reason) throws SQLException {
    source.bump(reason);
    changed();
  }

  @Override
  public void close() {
    stop.run();
    source.close();
  }

  private record Answer(long generation, long askedNanos) {}

  /** Where the generation is. */
  interface Source extends AutoCloseable {
    /** As it is now; 0 when it was never bumped. */
    long current() throws SQLException;

    /** One more. */
    void bump(String reason) throws SQLException;

    @Override
    void close();
  }
}
