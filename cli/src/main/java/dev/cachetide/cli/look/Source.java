package dev.cachetide.cli.look;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One server that is asked again and again, and what it said last. One that is away has said
 * nothing: an answer of before does not pass for one of now. Asked by one thread, read by any.
 */
public final class Source<T> {

  private static final Logger log = LoggerFactory.getLogger(Source.class);

  /** What is told before the first answer. */
  public static final String NOT_ASKED = "not asked yet";

  /** A look that takes longer than this is as good as none. */
  private static final Duration FRESH = Duration.ofSeconds(15);

  private final String name;
  private final Question<T> question;
  private final InstantSource clock;
  private volatile @Nullable Seen<T> seen;

  /**
   * Asks nobody yet.
   *
   * @param name for people
   */
  public Source(String name, Question<T> question, InstantSource clock) {
    this.name = name;
    this.question = question;
    this.clock = clock;
  }

  /** Asks once, and returns what was said. */
  public Seen<T> look() {
    try {
      Seen<T> answer = new Seen<>(question.ask(), null, clock.instant());
      seen = answer;
      return answer;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return last();
    } catch (Exception e) {
      // Owner of the thread: the next look may do better, and the page shows that this one failed.
      if (Thread.currentThread().isInterrupted()) {
        return last();
      }
      String problem = question.describe(e);
      Seen<T> before = seen;
      if (before == null || before.problem() == null) {
        log.atWarn().addKeyValue("server", name).setCause(e).log("does not answer the onlooker");
      }
      Seen<T> failed = new Seen<>(null, problem, clock.instant());
      seen = failed;
      return failed;
    }
  }

  /** What it said last; the value is null when it did not answer, or some time ago. */
  public Seen<T> last() {
    Seen<T> last = seen;
    Instant now = clock.instant();
    if (last == null) {
      return new Seen<>(null, NOT_ASKED, now);
    }
    return last.at().plus(FRESH).isBefore(now)
        ? new Seen<>(null, "has not answered since " + last.at(), last.at())
        : last;
  }

  /**
   * An answer.
   *
   * @param value null when there is a problem
   */
  public record Seen<T>(@Nullable T value, @Nullable String problem, Instant at) {}

  /** How to ask. */
  public interface Question<T> {
    /** As it is now. */
    T ask() throws Exception;

    /** What is shown of a failure: nothing that a server may have quoted. */
    String describe(Exception failure);
  }
}
