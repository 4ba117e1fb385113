package dev.cachetide.cli;

import dev.cachetide.cli.parked.LetterFilter;
import dev.cachetide.cli.parked.LetterFilter.Source;
import dev.cachetide.cli.parked.LetterId;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.wire.TableName;
import dev.cachetide.writebehind.ParkedWrite.State;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which of the things set aside are meant. */
final class LettersOptions {

  @Option(
      names = "--kind",
      paramLabel = "KIND",
      description = "Of dead letters: ${COMPLETION-CANDIDATES}; both unless given.")
  private @Nullable Kind kind;

  @Option(
      names = "--table",
      paramLabel = "TABLE",
      description = "Those of one table, schema.table.")
  private @Nullable String table;

  @Option(
      names = "--reason",
      paramLabel = "TEXT",
      description = "Those whose reason contains it, case ignored.")
  private @Nullable String reason;

  @Option(
      names = "--sqlstate",
      paramLabel = "CODE",
      description = "Writes whose SQLState begins so: 23 for every constraint.")
  private @Nullable String sqlState;

  @Option(
      names = "--since",
      paramLabel = "WHEN",
      description = "Set aside since 30m, 2h or 7d ago, a date, a timestamp.")
  private @Nullable String since;

  /** Whether any of them was given. */
  boolean any() {
    return kind != null || table != null || reason != null || sqlState != null || since != null;
  }

  /**
   * What they mean.
   *
   * @param state null for any
   * @param problems where what is wrong is added; the filter is then not to be used
   */
  LetterFilter filter(
      Set<Source> scope, @Nullable State state, Instant now, List<Problem> problems) {
    boolean conflicts = scope.contains(Source.CONFLICTS);
    if (conflicts && kind != null) {
      problems.add(new Problem("--kind", kind.toString(), "conflicts are of one kind", "omit it"));
    }
    if (conflicts && sqlState != null) {
      problems.add(new Problem("--sqlstate", sqlState, "a conflict has no SQLState", "omit it"));
    }
    return new LetterFilter(
        kind == null || conflicts ? scope : EnumSet.of(kind.source),
        state,
        table(problems),
        sqlState,
        reason,
        since(now, problems));
  }

  private @Nullable String table(List<Problem> problems) {
    if (table == null) {
      return null;
    }
    try {
      return TableName.parse(table).toString();
    } catch (IllegalArgumentException e) {
      problems.add(
          new Problem("--table", table, String.valueOf(e.getMessage()), "write public.users"));
      return null;
    }
  }

  private @Nullable Instant since(Instant now, List<Problem> problems) {
    if (since == null) {
      return null;
    }
    Optional<Instant> moment = Since.parse(since, now);
    if (moment.isEmpty()) {
      problems.add(
          new Problem(
              "--since", since, "names no moment", "write 2h, 2026-11-01 or 2026-11-01T08:00:00Z"));
    }
    return moment.orElse(null);
  }

  /** The ids that were typed; what is wrong with them is added. */
  static List<LetterId> ids(Set<Source> scope, List<String> texts, List<Problem> problems) {
    boolean conflicts = scope.contains(Source.CONFLICTS);
    return texts.stream()
        .flatMap(
            text -> {
              Optional<LetterId> id =
                  LetterId.parse(text).filter(any -> scope.contains(any.source()));
              if (id.isEmpty()) {
                problems.add(
                    new Problem(
                        "ID",
                        TextTable.visible(text),
                        conflicts ? "is no conflict's id" : "is no dead letter's id",
                        conflicts ? "as list shows them: c4" : "as list shows them: w17, e0-42"));
              }
              return id.stream();
            })
        .distinct()
        .toList();
  }

  /** Of dead letters. */
  enum Kind {
    WRITES("writes", Source.WRITES),
    EVENTS("events", Source.EVENTS);

    private final String word;
    private final Source source;

    Kind(String word, Source source) {
      this.word = word;
      this.source = source;
    }

    @Override
    public String toString() {
      return word;
    }
  }
}
