package dev.cachetide.cli;

import dev.cachetide.cli.parked.DeadLetters;
import dev.cachetide.cli.parked.Letter;
import dev.cachetide.cli.parked.LetterFilter;
import dev.cachetide.cli.parked.LetterFilter.Source;
import dev.cachetide.cli.parked.LetterId;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.writebehind.ParkedWrite.State;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ID...}, or {@code --all} with filters. */
final class LettersToResolve {

  private static final int MOST = 100_000;

  @Parameters(arity = "0..*", paramLabel = "ID", description = "As list shows it.")
  private List<String> ids = new ArrayList<>();

  @Option(names = "--all", description = "All that are parked and match the options below.")
  private boolean all;

  @Mixin private LettersOptions which = new LettersOptions();

  private List<LetterId> named = List.of();
  private LetterFilter filter = LetterFilter.of(Set.of());

  /** Reads what was typed; what is wrong with it is added. */
  void check(Set<Source> scope, List<Problem> problems) {
    if (all != ids.isEmpty()) {
      problems.add(
          new Problem("ID", String.join(" ", ids), "either ids or --all", "give one of them"));
    }
    if (!all && which.any()) {
      problems.add(new Problem("--all", "", "a filter goes with --all, not with ids", "say --all"));
    }
    named = LettersOptions.ids(scope, ids, problems);
    filter = which.filter(scope, State.PARKED, Instant.now(), problems);
  }

  /** How many were named, 0 with {@code --all}. */
  int named() {
    return named.size();
  }

  /**
   * In the order in which they were set aside: of two writes of one row the later one counts.
   *
   * @throws ConfigurationRejected when there are too many: to begin in the middle would change that
   *     order
   */
  List<LetterId> find(DeadLetters letters)
      throws SQLException, InterruptedException, ConfigurationRejected {
    if (!all) {
      return named;
    }
    List<LetterId> found = new ArrayList<>();
    letters.list(filter, MOST + 1).stream().map(Letter::id).forEach(found::add);
    if (found.size() > MOST) {
      throw new ConfigurationRejected(
          List.of(
              new Problem(
                  "--all", "", "more than " + MOST + " match", "narrow it: --table, --reason")));
    }
    Collections.reverse(found);
    return found;
  }
}
