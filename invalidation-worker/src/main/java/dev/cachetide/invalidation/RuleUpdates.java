package dev.cachetide.invalidation;

import dev.cachetide.invalidation.rules.KnownTable;
import dev.cachetide.invalidation.rules.RefreshCatalogCheck;
import dev.cachetide.invalidation.rules.ResolvedRules;
import dev.cachetide.invalidation.rules.Rule;
import dev.cachetide.invalidation.rules.RuleSet;
import dev.cachetide.runtime.postgres.MatchingTables;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.wire.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out which rules are to hold: as the file writes them, filled in and checked by the
 * catalogue. What does not fit is never proposed. Safe for any thread; none of it is the loop's
 * business, which must not wait for a catalogue, but for {@link #first}.
 */
final class RuleUpdates {

  private static final Logger log = LoggerFactory.getLogger(RuleUpdates.class);

  private final PostgresConnector postgres;
  private final RuleResolution resolution;
  private final Applying applying;
  private final RuleChange change;
  private PipelineSettings settings;
  private RuleSet written;
  private final Map<TableName, KnownTable> known = new HashMap<>();
  private Set<TableName> joined = Set.of();
  private List<Problem> told = List.of();
  private Set<String> paused = Set.of();
  private @Nullable RuleSet single;
  private boolean filledIn;

  /**
   * @param written the rules of {@code settings}
   * @param applying what follows from rules about single tables
   */
  RuleUpdates(
      PipelineSettings settings,
      RuleSet written,
      PostgresConnector postgres,
      Applying applying,
      RuleChange change) {
    this.settings = settings;
    this.written = written;
    this.postgres = postgres;
    resolution = new RuleResolution(postgres, "rules", settings.names().publication());
    this.applying = applying;
    this.change = change;
  }

  /** The rules that the worker begins with. */
  synchronized ResolvedRules first() throws SQLException {
    try (Connection connection = postgres.connect()) {
      ResolvedRules resolved = resolve(connection, settings, written);
      if (resolved.problems().isEmpty()) {
        known.putAll(resolved.tables());
        single = resolved.rules();
        change.fillIn(applying.apply(resolved.rules().pausing(paused), known));
        joined = tables(resolved.rules());
        filledIn = true;
      }
      return resolved;
    }
  }

  /**
   * Proposes the rules of changed settings.
   *
   * @return every problem; the rules that hold go on unless it is empty
   * @throws SQLException when Postgres is away: nothing has changed
   */
  synchronized List<Problem> reload(PipelineSettings changed) throws SQLException {
    RuleSet.Result result = RuleSet.compile("rules", changed.rules());
    if (result instanceof RuleSet.Result.Refused refused) {
      return changed.origins().located(refused.problems());
    }
    RuleSet rules = ((RuleSet.Result.Compiled) result).rules();
    try (Connection connection = postgres.connect()) {
      ResolvedRules resolved = resolve(connection, changed, rules);
      if (resolved.problems().isEmpty()) {
        Set<TableName> tables = tables(resolved.rules());
        tables.addAll(joined);
        known.putAll(resolved.tables());
        propose(rules.over(tables));
        settings = changed;
        written = rules;
      }
      return resolved.problems();
    }
  }

  /**
   * Looks for tables that globs match since the last look. A table that is gone stays: its topic
   * may hold changes that nobody has read.
   *
   * @throws SQLException when Postgres is away
   */
  synchronized void lookForTables() throws SQLException {
    if (!filledIn || written.rules().stream().noneMatch(rule -> rule.tables().isGlob())) {
      return;
    }
    try (Connection connection = postgres.connect()) {
      Set<TableName> found =
          MatchingTables.find(connection, written.rules().stream().map(Rule::tables).toList());
      Set<TableName> fit = fit(connection, found);
      if (!fit.isEmpty()) {
        fit.addAll(joined);
        propose(written.over(fit));
      }
    }
  }

  private Set<TableName> fit(Connection connection, Set<TableName> found) throws SQLException {
    Set<TableName> fit = new TreeSet<>();
    Set<Problem> problems = new HashSet<>();
    for (TableName name : found) {
      if (!joined.contains(name)) {
        ResolvedRules alone = resolution.check(connection, written.at(name));
        List<Problem> shared = RefreshCatalogCheck.shared("rules", written.over(with(name, fit)));
        problems.addAll(alone.problems());
        problems.addAll(shared);
        if (alone.problems().isEmpty() && shared.isEmpty()) {
          fit.add(name);
          known.putAll(alone.tables());
        }
      }
    }
    tell(settings.origins().located(List.copyOf(problems)));
    return fit;
  }

  private Set<TableName> with(TableName name, Set<TableName> fit) {
    Set<TableName> all = new TreeSet<>(joined);
    all.addAll(fit);
    all.add(name);
    return all;
  }

  private void tell(List<Problem> problems) {
    problems.stream()
        .filter(problem -> !told.contains(problem))
        .forEach(
            problem ->
                log.atError()
                    .addKeyValue("problem", problem)
                    .log("a rule's glob matches a table that does not fit: it is left out"));
    told = problems;
  }

  private void propose(RuleSet rules) {
    single = rules;
    change.propose(applying.apply(rules.pausing(paused), known));
    joined = tables(rules);
    filledIn = true;
  }

  /**
   * Proposes the same rules, of which some name nothing for now. One that is paused no longer is
   * another rule than it was, and so is one that is resumed: what they name leaves, and the
   * generation is bumped.
   *
   * @param rules by name
   */
  synchronized void pause(Set<String> rules) {
    if (!paused.equals(rules)) {
      paused = Set.copyOf(rules);
      if (single != null) {
        change.propose(applying.apply(single.pausing(paused), known));
      }
    }
  }

  private ResolvedRules resolve(Connection connection, PipelineSettings of, RuleSet rules)
      throws SQLException {
    ResolvedRules resolved = resolution.ask(connection, rules);
    return new ResolvedRules(
        resolved.rules(), resolved.tables(), of.origins().located(resolved.problems()));
  }

  /** What follows from rules about single tables. */
  @FunctionalInterface
  interface Applying {
    /**
     * The rules as a worker goes by them.
     *
     * @param tables that they are about, as far as they are known
     */
    AppliedRules apply(RuleSet rules, Map<TableName, KnownTable> tables);
  }

  private static Set<TableName> tables(RuleSet rules) {
    Set<TableName> tables = new TreeSet<>();
    rules.rules().forEach(rule -> tables.add(rule.tables().only()));
    return tables;
  }
}
