package dev.cachetide.writebehind;

import java.time.Duration;

/**
 * How many commands the next transaction takes: as many as Postgres applies in the target latency.
 *
 * <p>Additive increase, multiplicative decrease: a full transaction that was fast enough adds a
 * sixteenth of the most, one that was too slow halves. So a slow spell costs a few transactions,
 * and the way back is slow enough not to bring the spell on again. It begins at a quarter of the
 * most.
 *
 * <p>A transaction that Postgres gave up because a statement took too long comes back with at most
 * half of <em>its</em> commands, down to one: the same size is never tried twice, so whatever can
 * pass will.
 */
final class BatchSize {

  private static final int STEPS = 16;
  private static final int BEGIN = 4;

  private final int most;
  private final Duration target;
  private int commands;

  BatchSize(int most, Duration target) {
    this.most = most;
    this.target = target;
    commands = Math.max(1, most / BEGIN);
  }

  /** At least one. */
  int commands() {
    return commands;
  }

  /** A transaction with so many commands has committed. */
  void committed(int applied, Duration took) {
    if (took.compareTo(target) > 0) {
      commands = Math.max(1, commands / 2);
    } else if (applied >= commands) {
      commands = Math.min(most, commands + Math.max(1, most / STEPS));
    }
  }

  /** A transaction with so many commands took longer than a statement may. */
  void timedOut(int tried) {
    commands = Math.max(1, Math.min(commands, tried) / 2);
  }
}
