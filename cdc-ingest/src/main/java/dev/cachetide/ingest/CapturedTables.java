package dev.cachetide.ingest;

import dev.cachetide.ingest.Publication.Telling;
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
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which tables' changes ingest reads: those of the rules, and four of Cachetide's own.
 *
 * <p>A table that a rule names must be capturable. One that only a glob matches and that cannot be
 * captured is left out, said once and looked at again: publishing it would break its application,
 * and refusing all the others for it would leave their caches stale.
 */
final class CapturedTables {

  static final TableName CONSUMER_OFFSET = new TableName("cachetide", "consumer_offset");
  static final TableName GENERATION = new TableName("cachetide", "generation");
  static final TableName HEARTBEAT = new TableName("cachetide", "heartbeat");
  static final TableName RECEIPT = new TableName("cachetide", "receipt");

  private static final List<TableName> OWN =
      List.of(CONSUMER_OFFSET, GENERATION, HEARTBEAT, RECEIPT);
  private static final Logger log = LoggerFactory.getLogger(CapturedTables.class);

  private final PipelineNames names;
  private final List<TablePattern> patterns;
  private final Set<TableName> told = new TreeSet<>();
  private Set<TableName> matching = Set.of();
  private Set<TableName> captured = Set.of();

  /** Those that the rules name; globs match none until {@link #look}. */
  CapturedTables(PipelineSettings settings) {
    names = settings.names();
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
    captured.addAll(fit(connection, matching, telling(connection, matching)));
  }

  /**
   * Whether a table can be captured now that {@link #look} has not seen, or that was made again
   * since then.
   */
  boolean haveGrown(Connection connection) throws SQLException {
    Set<TableName> wanted = found(connection);
    wanted.addAll(named());
    Map<TableName, Telling> telling = telling(connection, wanted);
    wanted.removeIf(
        name ->
            !telling.containsKey(name)
                || (captured.contains(name) && telling.get(name) == Telling.TOLD));
    return !fit(connection, wanted, telling).isEmpty();
  }

  private Map<TableName, Telling> telling(Connection connection, Set<TableName> tables)
      throws SQLException {
    return new Publication(connection, names).telling(tables);
  }

  private Set<TableName> found(Connection connection) throws SQLException {
    return MatchingTables.find(connection, patterns);
  }

  private Set<TableName> fit(
      Connection connection, Set<TableName> tables, Map<TableName, Telling> telling)
      throws SQLException {
    Set<TableName> fit = new TreeSet<>();
    for (TableName name : tables) {
      try {
        TableCheck.run(connection, List.of(name));
        if (telling.get(name) == Telling.NOT_OURS) {
          throw new RefusedException(
              "the role may not add it to the publication "
                  + names.publication()
                  + ": ALTER PUBLICATION … ADD TABLE as its owner");
        }
        fit.add(name);
        told.remove(name);
      } catch (RefusedException e) {
        leaveOut(name, e);
      }
    }
    return fit;
  }

  private void leaveOut(TableName name, RefusedException cause) {
    if (told.add(name)) {
      log.atError()
          .addKeyValue("table", name)
          .addKeyValue("problem", cause.getMessage())
          .log("a table of the rules cannot be captured: it is left out");
    }
  }

  private Set<TableName> named() {
    Set<TableName> named = new TreeSet<>();
    patterns.stream()
        .filter(pattern -> !pattern.isGlob())
        .forEach(pattern -> named.add(pattern.only()));
    return named;
  }

  /** Those that the rules name and those that their globs match, whether they fit or not. */
  Set<TableName> wanted(Connection connection) throws SQLException {
    Set<TableName> wanted = new TreeSet<>(found(connection));
    wanted.addAll(named());
    return wanted;
  }

  /** Those of the rules that are captured, as of the last look. */
  Set<TableName> ofRules() {
    return Set.copyOf(captured);
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
  Set<String> topics() {
    List<TableName> tables = new ArrayList<>(matching);
    tables.addAll(named());
    tables.add(GENERATION);
    return topics(tables);
  }

  /** Those of globs as of now: of a table that just appeared, too. */
  Set<String> topicsNow(Connection connection) throws SQLException {
    return topics(found(connection));
  }

  private Set<String> topics(Collection<TableName> tables) {
    Set<String> topics = new LinkedHashSet<>();
    tables.forEach(table -> topics.add(names.changeTopic(table.schema(), table.table())));
    return topics;
  }
}
