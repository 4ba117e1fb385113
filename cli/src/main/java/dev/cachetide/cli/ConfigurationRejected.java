package dev.cachetide.cli;

import dev.cachetide.runtime.settings.Problem;
import java.util.List;
import java.util.stream.Collectors;

/** A configuration that cannot be used; the message holds every problem. Exit code 2. */
final class ConfigurationRejected extends Exception {

  private static final long serialVersionUID = 1L;

  private final transient List<Problem> problems;

  ConfigurationRejected(List<Problem> problems) {
    super(render(problems));
    this.problems = List.copyOf(problems);
  }

  /**
   * Goes on where there is no problem.
   *
   * @throws ConfigurationRejected with all of them
   */
  static void ifAny(List<Problem> problems) throws ConfigurationRejected {
    if (!problems.isEmpty()) {
      throw new ConfigurationRejected(problems);
    }
  }

  List<Problem> problems() {
    return problems;
  }

  private static String render(List<Problem> problems) {
    return problems.stream().map(Problem::toString).collect(Collectors.joining("\n"))
        + "\n"
        + (problems.size() == 1 ? "1 problem" : problems.size() + " problems");
  }
}
