package dev.cachetide.cli;

import dev.cachetide.runtime.settings.Problem;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Option;

/** {@code --watch}: to look once, or again and again. */
final class WatchOption {

  private static final int LONGEST_PAUSE = 3_600;
  private static final String CLEAR = "\u001b[2J\u001b[H";

  @Option(
      names = "--watch",
      paramLabel = "SECONDS",
      arity = "0..1",
      fallbackValue = "2",
      description = "Look again every so many seconds, 2 unless given, until Ctrl-C.")
  private @Nullable Integer seconds;

  void check(List<Problem> problems) {
    if (seconds != null && (seconds < 1 || seconds > LONGEST_PAUSE)) {
      problems.add(
          new Problem("--watch", String.valueOf(seconds), "is not 1 to 3600", "--watch=2"));
    }
  }

  /**
   * Looks.
   *
   * @return what the last look said
   */
  int look(Step step) throws Exception {
    if (seconds == null) {
      return step.look();
    }
    CompletableFuture<Void> asked = Shutdown.asked();
    int code = CachetideMain.OK;
    while (!asked.isDone()) {
      code = step.look();
      try {
        asked.get(seconds, TimeUnit.SECONDS);
      } catch (TimeoutException e) {
        // Nobody has asked to stop: the loop looks again.
      }
    }
    return code;
  }

  /**
   * Before what is for people: on the whole screen, for lines that do not fit are counted wrong.
   */
  void begin(PrintWriter out) {
    if (seconds != null && Ansi.AUTO.enabled()) {
      out.print(CLEAR);
    }
  }

  /** Whether it is one look of many. */
  boolean again() {
    return seconds != null;
  }

  /** One look. */
  interface Step {
    /** Prints what it saw; the exit code that it stands for. */
    int look() throws Exception;
  }
}
