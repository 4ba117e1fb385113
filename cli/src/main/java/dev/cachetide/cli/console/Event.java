package dev.cachetide.cli.console;

import java.time.Instant;

/**
 * Something of note. Names tables, groups and roles; no row's value.
 *
 * @param kind {@code rebalance}, {@code generation}, {@code pause}, {@code dead-letter}, {@code
 *     conflict}, {@code canary}, {@code program}, {@code slot}, {@code server}
 */
record Event(Instant at, String kind, Level level, String text) {

  /** How much it matters. */
  enum Level {
    INFO,
    WARNING,
    BAD
  }
}
