package dev.cachetide.benchmarks.writes;

import java.util.Locale;
import java.util.Random;

/**
 * A stretch of upserts.
 *
 * @param title for people
 * @param name for topics and for programs
 * @param ids of the rows, one a command
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Workload(String title, String name, long[] ids) {

  private static final long SEED = 5;

  /** Every command writes a row of its own, in no order. */
  static Workload distinct(int commands) {
    long[] ids = new long[commands];
    Random random = new Random(SEED);
    for (int i = 0; i < commands; i++) {
      int other = random.nextInt(i + 1);
      ids[i] = ids[other];
      ids[other] = i;
    }
    return new Workload(text("%,d distinct upserts", commands), "distinct", ids);
  }

  /** Every command writes one of a few rows, at random. */
  static Workload repeated(int commands, int keys) {
    Random random = new Random(SEED);
    long[] ids = random.longs(commands, 0, keys).toArray();
    return new Workload(text("%,d upserts of %,d rows", commands, keys), "repeated", ids);
  }

  int commands() {
    return ids.length;
  }

  Row row(int command) {
    return Row.of(command, ids[command]);
  }

  private static String text(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
