package dev.cachetide.invalidation.rules;

import dev.cachetide.runtime.postgres.Catalog;
import dev.cachetide.runtime.postgres.ColumnInfo;
import dev.cachetide.runtime.postgres.ReplicaIdentity;
import dev.cachetide.runtime.postgres.TableInfo;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.runtime.settings.Spelling;
import dev.cachetide.wire.TableName;
import java.util.ArrayList;
import java.util.List;

/**
 * Holds rules against the catalogue of the database that they are about. Pure.
 *
 * <p>The rule that matters most: every column of a key template must be in its table's replica
 * identity, or Postgres does not say what it was before a change, and the entry under the old key
 * would stay.
 */
public final class RuleCatalogCheck {

  private final String file;
  private final Catalog catalog;
  private final List<Problem> problems = new ArrayList<>();

  private RuleCatalogCheck(String file, Catalog catalog) {
    this.file = file;
    this.catalog = catalog;
  }

  /** The tables to load the catalogue of. */
  public static List<TableName> tables(RuleSet rules) {
    return rules.rules().stream()
        .map(rule -> new TableName(rule.schema(), rule.table()))
        .distinct()
        .toList();
  }

  /**
   * Every problem, in the order of the rules.
   *
   * @param file as problems name it
   * @param catalog of {@link #tables}
   */
  public static List<Problem> problems(String file, RuleSet rules, Catalog catalog) {
    RuleCatalogCheck check = new RuleCatalogCheck(file, catalog);
    rules.rules().forEach(check::rule);
    return check.problems;
  }

  private void rule(Rule rule) {
    catalog
        .table(new TableName(rule.schema(), rule.table()))
        .ifPresentOrElse(table -> rule(rule, table), () -> missing(rule));
  }

  private void missing(Rule rule) {
    report(
        rule.path() + ".source",
        "there is no table " + rule.schema() + "." + rule.table(),
        "correct schema or table, or create it first");
  }

  private void rule(Rule rule, TableInfo table) {
    if (!table.isCapturable()) {
      report(
          rule.path() + ".source",
          rule.schema()
              + "."
              + rule.table()
              + " is "
              + whatItIs(table)
              + ", whose changes are not"
              + " in the WAL",
          table.persistence() == 'u'
              ? "ALTER TABLE " + table.quotedName() + " SET LOGGED;"
              : "name the tables behind it");
      return;
    }
    if (needsIdentity(table)) {
      report(
          rule.path() + ".source",
          rule.schema()
              + "."
              + rule.table()
              + " has no replica identity, so that Postgres refuses"
              + " to update it once it is published",
          "add a primary key, or ALTER TABLE " + table.quotedName() + " REPLICA IDENTITY FULL;");
      return;
    }
    for (Rule.Eviction eviction : rule.evict()) {
      eviction.template().columns().stream()
          .distinct()
          .forEach(column -> column(eviction, column, table));
    }
  }

  private void column(Rule.Eviction eviction, String column, TableInfo table) {
    if (table.column(column).isEmpty()) {
      List<String> columns = table.columns().stream().map(ColumnInfo::name).toList();
      report(
          eviction.path(),
          "'" + eviction.template() + "': " + name(table) + " has no column " + column,
          Spelling.nearest(column, columns)
              .map(nearest -> "did you mean {" + nearest + "}?")
              .orElse("use one of " + String.join(", ", columns)));
    } else if (!table.replicaIdentityColumns().contains(column)) {
      report(
          eviction.path(),
          "'"
              + eviction.template()
              + "': column "
              + column
              + " is not in the replica identity of "
              + name(table)
              + ", so the key under its old value could not be evicted",
          "ALTER TABLE " + table.quotedName() + " REPLICA IDENTITY FULL;");
    }
  }

  private static boolean needsIdentity(TableInfo table) {
    return table.replicaIdentity() == ReplicaIdentity.NOTHING
        || (table.replicaIdentity() == ReplicaIdentity.DEFAULT && table.primaryKey().isEmpty());
  }

  private static String whatItIs(TableInfo table) {
    if (table.persistence() == 'u') {
      return "an unlogged table";
    }
    if (table.persistence() == 't') {
      return "a temporary table";
    }
    return switch (table.kind()) {
      case 'v' -> "a view";
      case 'm' -> "a materialized view";
      case 'f' -> "a foreign table";
      default -> "no table";
    };
  }

  private static String name(TableInfo table) {
    return table.name().schema() + "." + table.name().table();
  }

  private void report(String path, String message, String fix) {
    problems.add(new Problem(file, path, message, fix));
  }
}
