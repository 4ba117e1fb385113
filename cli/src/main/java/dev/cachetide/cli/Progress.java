package dev.cachetide.cli;

import java.io.PrintWriter;
import java.util.function.LongSupplier;

/** How far something is, on stderr, once it takes longer than two seconds. */
final class Progress {

  private static final long SILENT_NANOS = 2_000_000_000L;
  private static final long BETWEEN_NANOS = 1_000_000_000L;

  private final PrintWriter err;
  private final String what;
  private final LongSupplier nanos;
  private final long began;
  private long next;

  /**
   * Begins now.
   *
   * @param what is counted, in the plural
   */
  Progress(PrintWriter err, String what, LongSupplier nanos) {
    this.err = err;
    this.what = what;
    this.nanos = nanos;
    began = nanos.getAsLong();
    next = began + SILENT_NANOS;
  }

  Progress(PrintWriter err, String what) {
    this(err, what, System::nanoTime);
  }

  /** Says so when it is time to. */
  void reached(long done, long most) {
    if (nanos.getAsLong() - next >= 0) {
      err.printf("%,d of %,d %s, %,.0f a second%n", done, most, what, perSecond(done));
      err.flush();
      next = nanos.getAsLong() + BETWEEN_NANOS;
    }
  }

  /** The same where nobody knows how many there will be. */
  void reached(long done) {
    if (nanos.getAsLong() - next >= 0) {
      err.printf("%,d %s, %,.0f a second%n", done, what, perSecond(done));
      err.flush();
      next = nanos.getAsLong() + BETWEEN_NANOS;
    }
  }

  double seconds() {
    return Math.max(1e-9, (nanos.getAsLong() - began) / 1e9);
  }

  double perSecond(long done) {
    return done / seconds();
  }
}
