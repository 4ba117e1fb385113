package dev.cachetide.cli;

import java.io.PrintWriter;

/** One line that is rewritten on a terminal; elsewhere a new line whenever the text changes. */
final class LiveLine {

  private static final String ERASE = "\r\u001b[2K";

  private final PrintWriter out;
  private final boolean terminal;
  private String shown = "";

  LiveLine(PrintWriter out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  void show(String text) {
    if (text.equals(shown)) {
      return;
    }
    if (terminal) {
      out.print(ERASE + text);
    } else {
      out.println(text);
    }
    out.flush();
    shown = text;
  }

  /** Leaves the last text standing and prints one more line. */
  void end(String text) {
    if (terminal) {
      out.println();
    }
    out.println(text);
    out.flush();
  }
}
