package dev.cachetide.cli;

import dev.cachetide.runtime.postgres.Pause.What;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.runtime.settings.Spelling;
import dev.cachetide.wire.TableName;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What is to be paused or resumed: roles, tables, rules. */
final class PauseOptions {

  @Parameters(
      paramLabel = "ROLE",
      arity = "0..*",
      description = "Whole roles: ${COMPLETION-CANDIDATES}.")
  private List<Role> roles = new ArrayList<>();

  @Option(
      names = "--table",
      paramLabel = "TABLE",
      description = "The evictions for a table's changes, schema.table; repeatable.")
  private List<String> tables = new ArrayList<>();

  @Option(names = "--rule", paramLabel = "NAME", description = "A rule; repeatable.")
  private List<String> rules = new ArrayList<>();

  /** Whether all of it is roles. */
  boolean rolesOnly() {
    return tables.isEmpty() && rules.isEmpty();
  }

  /**
   * What was named, in its order; what is wrong with it is added.
   *
   * @param instead the option that stands in the place of all names
   * @param given whether it does
   */
  List<Named> named(String instead, boolean given, List<Problem> problems) {
    List<Named> named = new ArrayList<>();
    roles.forEach(role -> named.add(new Named(What.ROLE, role.toString())));
    for (String table : tables) {
      table(table, problems).ifPresent(name -> named.add(new Named(What.TABLE, name.toString())));
    }
    rules.forEach(rule -> named.add(new Named(What.RULE, rule)));
    for (Role role : roles) {
      if (!tables.isEmpty() && role != Role.INVALIDATE) {
        problems.add(
            new Problem(
                "--table",
                role.toString(),
                role == Role.WRITE_BEHIND
                    ? "the writes of all tables share one log: to hold one table's back and go on"
                        + " with the others would change their order"
                    : "all tables come through one slot, in the order of their commits",
                "pause the whole role, or a table's evictions: cachetide pause --table TABLE"));
      }
    }
    boolean any = !roles.isEmpty() || !tables.isEmpty() || !rules.isEmpty();
    if (given == any) {
      problems.add(
          new Problem(
              "ROLE",
              "",
              "a role, --table, --rule or " + instead + " says what to do",
              "give one of them"));
    }
    return named;
  }

  /** What no rule of a file is about, or does not exist there. */
  void check(RuleBook book, List<Named> named, List<Problem> problems) {
    for (Named each : named) {
      if (each.what() == What.TABLE) {
        book.unknown(TableName.parse(each.name())).ifPresent(problems::add);
      } else if (each.what() == What.RULE) {
        unknownRule(book, each.name()).ifPresent(problems::add);
      }
    }
  }

  private static Optional<TableName> table(String text, List<Problem> problems) {
    try {
      return Optional.of(TableName.parse(text));
    } catch (IllegalArgumentException e) {
      problems.add(
          new Problem("--table", text, String.valueOf(e.getMessage()), "write public.users"));
      return Optional.empty();
    }
  }

  private static Optional<Problem> unknownRule(RuleBook book, String name) {
    List<String> known = book.rules().rules().stream().map(rule -> rule.name()).toList();
    return known.contains(name)
        ? Optional.empty()
        : Optional.of(
            new Problem(
                "--rule",
                name,
                "no rule of " + book.file() + " has this name",
                Spelling.nearest(name, known)
                    .map(nearest -> "did you mean " + nearest + "?")
                    .orElse("name one of " + String.join(", ", known))));
  }

  /** Who does it, as it is noted. */
  static String operator(PipelineSettings settings) {
    String user = System.getProperty("user.name", "");
    @Nullable String role = settings.postgres() == null ? null : settings.postgres().user();
    return user.isEmpty() ? String.valueOf(role) : user;
  }

  /** One of them. */
  record Named(What what, String name) {
    /** {@code table public.users}. */
    String described() {
      return what + " " + name;
    }
  }
}
