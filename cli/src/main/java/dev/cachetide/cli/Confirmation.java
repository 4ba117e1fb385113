package dev.cachetide.cli;

import dev.cachetide.runtime.settings.Problem;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Option;

/** {@code --yes}, or a question that is answered on stdin. */
final class Confirmation {

  @Option(names = "--yes", description = "Do not ask.")
  private boolean yes;

  /**
   * Whether to go on.
   *
   * @throws ConfigurationRejected when stdin ends without an answer: a script has to say --yes
   */
  boolean given(PrintWriter err, String question) throws ConfigurationRejected, IOException {
    if (yes) {
      return true;
    }
    err.print(question + " [y/N] ");
    err.flush();
    String answer =
        new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset())).readLine();
    if (answer == null) {
      err.println();
      throw new ConfigurationRejected(
          List.of(new Problem("--yes", "stdin", "there is nobody to ask", "say --yes")));
    }
    return answer.strip().toLowerCase(Locale.ROOT).matches("y|yes");
  }
}
