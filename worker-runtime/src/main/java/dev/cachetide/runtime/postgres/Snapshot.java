package dev.cachetide.runtime.postgres;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Which transactions a statement can see: Postgres's {@code pg_current_snapshot()} as a value.
 *
 * <p>Transactions below {@code xmin} have ended; those from {@code xmax} on had not begun to be
 * visible; between the two, those listed as in progress are invisible. An aborted transaction
 * counts as visible, which is right here: there is nothing of it left to wait for.
 */
public final class Snapshot {

  private static final long MAX_32 = 0xFFFF_FFFFL;

  private final long xmin;
  private final long xmax;
  private final long[] inProgress;
  private final @Nullable String position;

  private Snapshot(long xmin, long xmax, long[] inProgress, @Nullable String position) {
    this.xmin = xmin;
    this.xmax = xmax;
    this.inProgress = inProgress;
    this.position = position;
  }

  /**
   * Reads {@code xmin:xmax:xip,xip…}.
   *
   * @throws IllegalArgumentException when the text has another form
   */
  public static Snapshot parse(String text) {
    String[] parts = text.split(":", -1);
    if (parts.length != 3) {
      throw new IllegalArgumentException("not a snapshot: " + text);
    }
    long[] inProgress =
        parts[2].isEmpty()
            ? new long[0]
            : Arrays.stream(parts[2].split(",", -1)).mapToLong(Long::parseLong).sorted().toArray();
    return new Snapshot(Long.parseLong(parts[0]), Long.parseLong(parts[1]), inProgress, null);
  }

  /** The same with a position in the WAL that the server had reached after it was taken. */
  Snapshot at(@Nullable String position) {
    return new Snapshot(xmin, xmax, inProgress, position);
  }

  /**
   * A position in the WAL, as {@code pg_lsn} is written, at or behind the commit of everything that
   * is visible; null when it was not asked for.
   */
  public @Nullable String position() {
    return position;
  }

  /**
   * Whether what the transaction committed can be seen.
   *
   * @param xid 64 bits, as {@link #widen} returns it
   */
  public boolean visible(long xid) {
    return xid < xmin || (xid < xmax && Arrays.binarySearch(inProgress, xid) < 0);
  }

  /**
   * The 64-bit id of a transaction that the replication stream names by its lower 32 bits: the one
   * nearest to {@code xmax}. Right as long as the transaction is less than 2^31 away from the
   * present, which Postgres itself relies on.
   *
   * @param xid 32 bits, unsigned; a value that needs more bits is 64-bit already and returned as is
   */
  public long widen(long xid) {
    if (xid < 0 || xid > MAX_32) {
      return xid;
    }
    // The signed 32-bit difference is the shortest way round the circle.
    long nearest = xmax + (int) (xid - xmax);
    return nearest < 0 ? xid : nearest;
  }

  /** {@code xmin:xmax:xip,xip…}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder().append(xmin).append(':').append(xmax).append(':');
    for (int i = 0; i < inProgress.length; i++) {
      text.append(i == 0 ? "" : ",").append(inProgress[i]);
    }
    return text.toString();
  }
}
