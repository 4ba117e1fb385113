package dev.cachetide.ingest;

import dev.cachetide.runtime.postgres.MatchingTables;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.RuleSettings;
import dev.cachetide.runtime.settings.TablePattern;
import dev.cachetide.wire.PipelineNames;
import dev.cachetide.wire.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which tables' changes ingest reads: those of the rules, and three of Cachetide's own.
 *
 * <p>A table that a rule names must be capturable. One that only a glob matches and that cannot be
 * captured is left out, said once and looked at again: publishing it would break its application,
 * and refusing all the others for it would leave their caches stale.
 */
final class CapturedTables {

  static final TableName CONSUMER_OFFSET = new TableName("cachetide", "consumer_offset");
  static final TableName GENERATION = new TableName("cachetide", "generation");
  static final TableName HEARTBEAT = new TableName("cachetide", "heartbeat");

  private static final List<TableName> OWN = List.of(CONSUMER_OFFSET, GENERATION, HEARTBEAT);
  private static final Logger log = LoggerFactory.getLogger(CapturedTables.class);

  private final List<TablePattern> patterns;
  private final Set<TableName> told = new TreeSet<>();
  private Set<TableName> matching = Set.of();
  private Set<TableName> captured = Set.of();

  /** Those that the rules name; globs match none until {@link #look}. */
  CapturedTables(PipelineSettings settings) {
    patterns = settings.rules().stream().map(RuleSettings::tables).distinct().toList();
  }

  /**
   * Looks at the catalogue.
   *
   * @throws RefusedException naming a table that a rule names and that cannot be captured
   */
  void look(Connection connection) throws SQLException, RefusedException {
    TableCheck.run(connection, named());
    matching = found(connection);
    captured = new TreeSet<>(named());
    captured.addAll(fit(connection, matching));
  }

  /** Whether there is a table now that {@link #look} has not seen and that can be captured. */
  boolean haveGrown(Connection connection) throws SQLException {
    Set<TableName> missing = found(connection);
    missing.removeAll(captured);
    return !missing.isEmpty() && !fit(connection, missing).isEmpty();
  }

  private Set<TableName> found(Connection connection) throws SQLException {
    return MatchingTables.find(connection, patterns);
  }

  private Set<TableName> fit(Connection connection, Set<TableName> names) throws SQLException {
    Set<TableName> fit = new TreeSet<>();
    for (TableName name : names) {
      try {
        TableCheck.run(connection, List.of(name));
        fit.add(name);
        told.remove(name);
      } catch (RefusedException e) {
        if (told.add(name)) {
          log.atError()
              .addKeyValue("table", name)
              .addKeyValue("problem", e.getMessage())
              .log("a rule's glob matches a table that cannot be captured: it is left out");
        }
      }
    }
    return fit;
  }

  private Set<TableName> named() {
    Set<TableName> named = new TreeSet<>();
    patterns.stream()
        .filter(pattern -> !pattern.isGlob())
        .forEach(pattern -> named.add(pattern.only()));
    return named;
  }

  /** Those of the rules and Cachetide's own. */
  Set<TableName> all() {
    Set<TableName> tables = new TreeSet<>(captured);
    tables.addAll(OWN);
    return tables;
  }

  /**
   * What the engine lets through: a glob as it is, so that a table which was renamed within it
   * loses nothing.
   */
  Set<TablePattern> patterns() {
    Set<TablePattern> all = new LinkedHashSet<>(patterns);
    OWN.forEach(own -> all.add(new TablePattern(own.schema(), own.table())));
    return all;
  }

  /** The topics that may be written to, as of the last look. */
  Set<String> topics(PipelineNames names) {
    List<TableName> tables = new ArrayList<>(matching);
    tables.addAll(named());
    tables.add(GENERATION);
    return topics(names, tables);
  }

  /** Those of globs as of now: of a table that just appeared, too. */
  Set<String> topicsNow(Connection connection, PipelineNames names) throws SQLException {
    return topics(names, found(connection));
  }

  private static Set<String> topics(PipelineNames names, Collection<TableName> tables) {
    Set<String> topics = new LinkedHashSet<>();
    tables.forEach(table -> topics.add(names.changeTopic(table.schema(), table.table())));
    return topics;
  }
}
