package dev.cachetide.spring;

import java.util.List;
import java.util.stream.Collectors;

/** Properties that cannot be used, all of them at once. */
final class SettingsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<Problem> problems;

  SettingsException(List<Problem> problems) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("; ")));
    this.problems = List.copyOf(problems);
  }

  List<Problem> problems() {
    return problems;
  }

  /**
   * One of them.
   *
   * @param property its full name
   * @param message what is wrong, with the value unless it may hold a secret
   * @param fix what to write instead
   */
  record Problem(String property, String message, String fix) {
    @Override
    public String toString() {
      return property + ": " + message + "; " + fix;
    }
  }
}
