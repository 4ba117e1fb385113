package dev.cachetide.runtime.postgres;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds change events back until a reader of the primary can see what they tell of.
 *
 * <p>Postgres sends a commit to its replication slots when the WAL is flushed, and lets other
 * sessions see it later: after its synchronous standbys have answered, and never at the same
 * instant. An invalidation that overtakes visibility lets a reader load the old row afterwards and
 * cache it for good. A lease does not help, because that reader takes its lease after the
 * invalidation. So: {@link Verdict#VISIBLE} means that any snapshot taken from now on, on this
 * primary, contains every transaction asked about.
 *
 * <p>One SELECT per look, on a connection of its own. A failing connection is opened again and
 * counts as "not visible yet"; so does a server in recovery, whose snapshots leave running
 * transactions out. Used by one thread at a time.
 */
public final class VisibilityGate implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(VisibilityGate.class);
  private static final long[] WAITS_MICROS = {100, 200, 500, 1_000, 2_000, 5_000};
  private static final long WAIT_AFTER_FAILURE_MICROS = 100_000;

  private final SnapshotSource source;
  private boolean failing;

  /** Connects when first asked. */
  public VisibilityGate(PostgresConnector connector) {
    this(new PrimarySnapshots(connector));
  }

  VisibilityGate(SnapshotSource source) {
    this.source = source;
  }

  /**
   * Waits until every transaction is visible: 0.1, 0.2, 0.5, 1, 2, 5 ms and then 5 ms between
   * looks.
   *
   * @param xids as the replication stream gives them (32 bits, unsigned) or 64-bit ones; when empty
   *     nothing is asked and everything is visible
   * @param limit how long to wait at most; at least one look is made
   * @param stop polled between looks, every 100 ms at the least; an interrupt stops as well
   */
  public Passage await(Collection<Long> xids, Duration limit, BooleanSupplier stop) {
    long start = System.nanoTime();
    @Nullable Snapshot latest = null;
    for (int look = 0; ; look++) {
      @Nullable Snapshot now = xids.isEmpty() ? null : look();
      latest = now == null ? latest : now;
      long waited = System.nanoTime() - start;
      if (xids.isEmpty() || (now != null && allVisible(xids, now))) {
        return new Passage(Verdict.VISIBLE, latest, Duration.ofNanos(waited));
      }
      if (stop.getAsBoolean() || Thread.currentThread().isInterrupted()) {
        return new Passage(Verdict.STOPPED, latest, Duration.ofNanos(waited));
      }
      if (waited >= limit.toNanos()) {
        return new Passage(Verdict.LIMIT, latest, Duration.ofNanos(waited));
      }
      LockSupport.parkNanos(1_000 * (now == null ? WAIT_AFTER_FAILURE_MICROS : waitMicros(look)));
    }
  }

  /** Closes the connection; a later {@link #await} opens another one. */
  @Override
  public void close() {
    source.close();
  }

  private @Nullable Snapshot look() {
    try {
      Snapshot snapshot = source.current();
      failing = false;
      return snapshot;
    } catch (SQLException e) {
      // Safe: the caller goes on waiting, and nothing is invalidated meanwhile.
      if (!failing) {
        log.atWarn().setCause(e).log("visibility cannot be asked; waiting for the primary");
      }
      failing = true;
      source.close();
      return null;
    }
  }

  private static boolean allVisible(Collection<Long> xids, Snapshot snapshot) {
    return xids.stream().allMatch(xid -> snapshot.visible(snapshot.widen(xid)));
  }

  private static long waitMicros(int look) {
    return WAITS_MICROS[Math.min(look, WAITS_MICROS.length - 1)];
  }

  /** How the waiting ended. */
  public enum Verdict {
    /** Every transaction can be seen by everyone who looks from now on. */
    VISIBLE,
    /** The limit passed first. */
    LIMIT,
    /** The caller asked to stop. */
    STOPPED
  }

  /**
   * The end of one wait.
   *
   * @param snapshot the latest seen, to widen ids with; null when none was taken
   * @param waited the time it took
   */
  public record Passage(Verdict verdict, @Nullable Snapshot snapshot, Duration waited) {}

  /** Where snapshots come from. */
  interface SnapshotSource {

    /** One taken now. */
    Snapshot current() throws SQLException;

    /** Releases the connection; the next call opens another one. */
    void close();
  }
}
