package dev.cachetide.invalidation.rules;

import dev.cachetide.key.KeyTemplate.Compilation;
import dev.cachetide.runtime.settings.FanOutSettings;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.runtime.settings.RuleSettings;
import dev.cachetide.runtime.settings.RuleSettings.EvictSettings;
import dev.cachetide.runtime.settings.RuleSettings.Kind;
import dev.cachetide.runtime.sql.NamedSql;
import dev.cachetide.wire.TableName;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Compiles what a rule says about related rows. Pure. */
final class FanOutCompiler {

  private final String file;
  private final List<Problem> problems;

  /**
   * @param file as problems name it
   * @param problems where they are added
   */
  FanOutCompiler(String file, List<Problem> problems) {
    this.file = file;
    this.problems = problems;
  }

  /** Those that compile. */
  List<FanOut> compile(RuleSettings rule) {
    List<FanOut> fanOuts = new ArrayList<>();
    for (FanOutSettings settings : rule.fanOut()) {
      TableName source = new TableName(rule.schema(), rule.table());
      Optional<Rule.Eviction> eviction = eviction(settings.evict());
      Optional<Rule.Eviction> above = Optional.ofNullable(settings.above()).flatMap(this::eviction);
      Optional<Relation> relation = relation(settings);
      if (eviction.isPresent() && relation.isPresent()) {
        fanOuts.add(
            new FanOut(
                settings.path(),
                eviction.get(),
                source,
                relation.get(),
                settings.cap(),
                above.orElse(null)));
      }
    }
    return fanOuts;
  }

  private Optional<Rule.Eviction> eviction(EvictSettings settings) {
    Compilation compilation = settings.kind().compile(settings.template());
    if (compilation instanceof Compilation.Refused refused) {
      report(settings.path(), refused.message(), refused.fix());
      return Optional.empty();
    }
    return Optional.of(
        new Rule.Eviction(
            settings.path(), settings.kind(), ((Compilation.Compiled) compilation).template()));
  }

  private Optional<Relation> relation(FanOutSettings settings) {
    if (settings.through() != null) {
      return Optional.of(
          new Relation.Through(
              new TableName(settings.through().schema(), settings.through().table()),
              settings.through().columns(),
              settings.through().references()));
    }
    NamedSql.Parsing parsing = NamedSql.parse(String.valueOf(settings.query()));
    if (parsing instanceof NamedSql.Parsing.Refused refused) {
      report(settings.path() + ".query", refused.message(), refused.fix());
      return Optional.empty();
    }
    return Optional.of(new Relation.Query(((NamedSql.Parsing.Parsed) parsing).sql()));
  }

  /**
   * Refuses each {@code through} whose related rows have no rule that evicts the same: a row that
   * leaves the relation while the change is on its way would keep its entry. See {@link FanOut}.
   */
  void checkCovered(List<Rule> rules) {
    for (Rule rule : rules) {
      for (FanOut fanOut : rule.fanOut()) {
        if (fanOut.relation() instanceof Relation.Through through
            && rules.stream().noneMatch(other -> covers(other, through, fanOut.eviction()))) {
          uncovered(through, fanOut.eviction());
        }
      }
    }
  }

  private static boolean covers(Rule rule, Relation.Through through, Rule.Eviction wanted) {
    return rule.when().equals(Condition.ALWAYS)
        && rule.tables().matches(through.table())
        && rule.evict().stream()
            .anyMatch(
                eviction ->
                    eviction.kind() == wanted.kind()
                        && eviction.template().toString().equals(wanted.template().toString()));
  }

  private void uncovered(Relation.Through through, Rule.Eviction eviction) {
    Kind kind = eviction.kind();
    TableName table = through.table();
    report(
        eviction.path(),
        "no rule on "
            + table.schema()
            + "."
            + table.table()
            + " evicts the "
            + kind.key()
            + " '"
            + eviction.template()
            + "', so that it would stay for a row that leaves the relation meanwhile",
        String.format(
            "add a rule with source: { schema: %s, table: %s } and evict: [ { %s: \"%s\" } ], and no when",
            table.schema(), table.table(), kind.key(), eviction.template()));
  }

  private void report(String path, String message, String fix) {
    problems.add(new Problem(file, path, message, fix));
  }
}
