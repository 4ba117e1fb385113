package dev.cachetide.runtime.settings;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where each rule was written. The rules of all files stand in one list, {@code rules[0]} and so
 * on, those of the configuration file first; what is said about a rule is about a place in its own
 * file.
 *
 * @param first the place in that list of the first rule out of a folder
 * @param origins of the rules out of the folder, in order
 */
public record RuleOrigins(int first, List<Origin> origins) {

  /** Every rule stands in the configuration file. */
  public static final RuleOrigins IN_ONE_FILE = new RuleOrigins(0, List.of());

  private static final Pattern PLACE = Pattern.compile("rules\\[([0-9]{1,9})](.*)", Pattern.DOTALL);

  /** Copies the list. */
  public RuleOrigins {
    origins = List.copyOf(origins);
  }

  /** The problem with the file and the path that its author knows. */
  public Problem located(Problem problem) {
    Matcher place = PLACE.matcher(problem.path());
    int index = place.matches() ? Integer.parseInt(place.group(1)) - first : -1;
    if (index < 0 || index >= origins.size()) {
      return problem;
    }
    Origin origin = origins.get(index);
    return new Problem(
        origin.file(), origin.inFile(place.group(2)), problem.message(), problem.fix());
  }

  /** Each problem with the file and the path that its author knows. */
  public List<Problem> located(List<Problem> problems) {
    return problems.stream().map(this::located).toList();
  }

  /**
   * Where one rule stands.
   *
   * @param file as problems name it
   * @param path of the rule in that file; empty when the file is the rule
   */
  public record Origin(String file, String path) {

    private String inFile(String rest) {
      String whole = path.isEmpty() && rest.startsWith(".") ? rest.substring(1) : path + rest;
      return whole.isEmpty() ? ConfigPath.ROOT.toString() : whole;
    }
  }
}
