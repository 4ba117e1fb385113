package dev.cachetide.writebehind;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How many commands may be applied now, so that no more than so many are in a second.
 *
 * <p>A bucket that holds a second's worth: an idle second may be made up for by one burst. Less
 * than a tenth of a second's worth is not given out while more is wanted, or a high limit would
 * make many small transactions.
 */
final class RateLimit {

  private static final double NANOS = 1e9;
  private static final int LEAST_SHARE = 10;

  private final int perSecond;
  private final LongSupplier nanoTime;
  private double held;
  private long filledNanos;

  /**
   * A full bucket.
   *
   * @param perSecond zero for no limit
   */
  RateLimit(int perSecond, LongSupplier nanoTime) {
    this.perSecond = perSecond;
    this.nanoTime = nanoTime;
    held = perSecond;
    filledNanos = nanoTime.getAsLong();
  }

  /** How many of the wanted commands may be applied now; zero while too few may. */
  int allowed(int wanted) {
    if (perSecond == 0) {
      return wanted;
    }
    fill();
    return held < least(wanted) ? 0 : (int) Math.min(wanted, held);
  }

  /** So many commands were handed to Postgres. */
  void spent(int commands) {
    held -= commands;
  }

  /** How long until {@link #allowed} is above zero; at most a second while no more is spent. */
  Duration pause(int wanted) {
    if (perSecond == 0) {
      return Duration.ZERO;
    }
    fill();
    double missing = Math.max(0, least(wanted) - held);
    return Duration.ofNanos((long) Math.ceil(missing / perSecond * NANOS));
  }

  private int least(int wanted) {
    return Math.min(wanted, Math.max(1, perSecond / LEAST_SHARE));
  }

  private void fill() {
    long now = nanoTime.getAsLong();
    held = Math.min(perSecond, held + (now - filledNanos) / NANOS * perSecond);
    filledNanos = now;
  }
}
