package dev.cachetide.cli;

import dev.cachetide.cli.console.ConsoleSettings;
import dev.cachetide.runtime.settings.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where the console's token is from: a file, or the environment. Never the command line. */
final class ConsoleToken {

  static final String VARIABLE = "CACHETIDE_CONSOLE_TOKEN";

  private ConsoleToken() {}

  /**
   * Reads it; what is wrong with it is added.
   *
   * @return null when none is configured
   */
  static @Nullable String read(
      @Nullable Path file, Map<String, String> environment, List<Problem> problems) {
    String where = file == null ? VARIABLE : "--token-file";
    String token = file == null ? environment.get(VARIABLE) : text(file, problems);
    if (token == null) {
      return null;
    }
    String plain = token.strip();
    if (plain.length() < ConsoleSettings.SHORTEST_TOKEN) {
      problems.add(
          new Problem(
              where,
              "the token",
              "is shorter than " + ConsoleSettings.SHORTEST_TOKEN + " characters",
              "make one: openssl rand -hex 24"));
      return null;
    }
    return plain;
  }

  private static @Nullable String text(Path file, List<Problem> problems) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      problems.add(
          new Problem(
              "--token-file",
              file.toString(),
              "cannot be read",
              "name a readable file that holds nothing but the token"));
      return null;
    }
  }
}
