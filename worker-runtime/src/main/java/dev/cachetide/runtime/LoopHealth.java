package dev.cachetide.runtime;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * What the loop and its probe know about themselves, for the probes to read. Safe for any thread.
 */
final class LoopHealth {

  private final Duration longestTurn;
  private final LongSupplier nanoTime;
  private volatile long lastTurnNanos;
  private volatile boolean joined;
  private volatile boolean kafkaAnswers = true;
  private volatile String kafkaAdvice = "";
  private volatile String retrying = "";
  private volatile boolean ended;

  /**
   * Begins as a loop that has not joined its group.
   *
   * @param longestTurn a loop that takes longer has been given up by its group
   */
  LoopHealth(Duration longestTurn, LongSupplier nanoTime) {
    this.longestTurn = longestTurn;
    this.nanoTime = nanoTime;
    this.lastTurnNanos = nanoTime.getAsLong();
  }

  void turned() {
    lastTurnNanos = nanoTime.getAsLong();
  }

  void joined() {
    joined = true;
  }

  void lost() {
    joined = false;
  }

  void retrying(String what) {
    retrying = what;
  }

  void recovered() {
    retrying = "";
  }

  /** Called by the probe alone; tells whether that is news. */
  boolean kafkaAnswers(boolean answers) {
    boolean news = kafkaAnswers != answers;
    kafkaAnswers = answers;
    if (answers) {
      kafkaAdvice = "";
    }
    return news;
  }

  /** What an operator can change about a Kafka that does not answer. */
  void kafkaAdvice(String advice) {
    kafkaAdvice = advice;
  }

  void ended() {
    ended = true;
  }

  boolean alive() {
    return !ended && nanoTime.getAsLong() - lastTurnNanos < longestTurn.toNanos();
  }

  Readiness readiness() {
    if (ended) {
      return Readiness.no("ended");
    }
    if (!alive()) {
      return Readiness.no("one batch takes longer than " + longestTurn);
    }
    if (!kafkaAnswers) {
      String advice = kafkaAdvice;
      return Readiness.no("Kafka does not answer" + (advice.isEmpty() ? "" : ": " + advice));
    }
    String what = retrying;
    if (!what.isEmpty()) {
      return Readiness.no("retrying: " + what);
    }
    return joined ? Readiness.yes() : Readiness.no("not a member of its group yet");
  }
}
