package dev.cachetide.invalidation.rules;

import static java.util.stream.Collectors.joining;

import dev.cachetide.invalidation.rules.CatalogFacts.PublishedTable;
import dev.cachetide.key.Reference;
import dev.cachetide.key.Reference.Image;
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
 * <p>The rule that matters most: every column of a template must be in its table's replica
 * identity, or Postgres does not say what it was before a change, and the entry under the old key
 * would stay. Of a partitioned table the leaf partitions' identities count: the WAL is written
 * where the row is stored, and publishing through the root adds nothing that the leaf did not log.
 */
public final class RuleCatalogCheck {

  private final String file;
  private final CatalogFacts facts;
  private final List<Problem> problems = new ArrayList<>();

  private RuleCatalogCheck(String file, CatalogFacts facts) {
    this.file = file;
    this.facts = facts;
  }

  /** The tables that facts are needed of. */
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
   * @param facts of the rules' tables
   */
  public static List<Problem> problems(String file, RuleSet rules, CatalogFacts facts) {
    RuleCatalogCheck check = new RuleCatalogCheck(file, facts);
    rules.rules().forEach(check::rule);
    return check.problems;
  }

  /**
   * Problems with the columns of a changed row that a lookup needs: they have to be in the replica
   * identity, or what is related to their old values would not be looked up.
   *
   * @param table of the changed rows
   * @param columns that the lookup needs
   */
  public static List<Problem> problems(
      String file, Lookup lookup, TableInfo table, List<String> columns, CatalogFacts facts) {
    RuleCatalogCheck check = new RuleCatalogCheck(file, facts);
    String path = lookup.fanOut().relationPath();
    for (String column : columns) {
      if (check.told(path, "", column, table) && !lookup.rule().widen()) {
        check.identity(
            path, "", column, table, "what is related to its old value could not be looked up");
      }
    }
    Rule.Eviction above = lookup.fanOut().above();
    if (above != null) {
      above.template().references().stream()
          .distinct()
          .forEach(each -> check.reference(lookup.rule(), above, each, table));
    }
    return check.problems;
  }

  private void rule(Rule rule) {
    TableName name = new TableName(rule.schema(), rule.table());
    facts
        .catalog()
        .table(name)
        .ifPresentOrElse(
            table -> rule(rule, table),
            () ->
                report(
                    source(rule),
                    "there is no table " + rule.schema() + "." + rule.table(),
                    "correct schema or table, or create it first"));
  }

  private void rule(Rule rule, TableInfo table) {
    int before = problems.size();
    if (!table.isCapturable()) {
      notCaptured(rule, table);
    } else {
      facts.storage(table).forEach(each -> storage(rule, each));
      facts.published(table.name()).ifPresent(published -> unfiltered(rule, table, published));
    }
    if (problems.size() == before) {
      for (Rule.Eviction eviction : rule.evict()) {
        eviction.template().references().stream()
            .distinct()
            .forEach(reference -> reference(rule, eviction, reference, table));
      }
      rule.when().columns().forEach(column -> condition(rule, column, table));
    }
  }

  private void notCaptured(Rule rule, TableInfo table) {
    report(
        source(rule),
        name(table) + " is " + whatItIs(table) + ", whose changes are not in the WAL",
        table.persistence() == 'u'
            ? "ALTER TABLE " + table.quotedName() + " SET LOGGED;"
            : "name the tables behind it");
  }

  private void storage(Rule rule, TableInfo table) {
    if (!table.isCapturable()) {
      notCaptured(rule, table);
    } else if (needsIdentity(table)) {
      report(
          source(rule),
          name(table)
              + " has no replica identity, so that Postgres refuses to update it once it is"
              + " published",
          "add a primary key, or " + fullIdentity(table));
    }
  }

  private void unfiltered(Rule rule, TableInfo table, PublishedTable published) {
    if (published.filtered()) {
      report(
          source(rule),
          "the publication leaves out rows of " + name(table) + ", whose keys would stay",
          "ALTER PUBLICATION … SET TABLE without WHERE for " + table.quotedName() + ";");
    }
  }

  private void reference(Rule rule, Rule.Eviction eviction, Reference reference, TableInfo table) {
    String where = "'" + eviction.template() + "': ";
    if (told(eviction.path(), where, reference.column(), table)) {
      ColumnTypes.mistake(reference, table)
          .ifPresent(mistake -> report(eviction.path(), where + mistake.message(), mistake.fix()));
      if (reference.image() != Image.NEW && !rule.widen()) {
        identity(
            eviction.path(),
            where,
            reference.column(),
            table,
            "the " + eviction.kind().key() + " under its old value could not be evicted");
      }
    }
  }

  private void condition(Rule rule, Condition.Column column, TableInfo table) {
    if (told(column.path(), "", column.name(), table)
        && column.image() != Image.NEW
        && !rule.widen()) {
      identity(column.path(), "", column.name(), table, "its old value could not be looked at");
    }
  }

  /** Whether events tell the column; what stands in the way is reported. */
  private boolean told(String path, String where, String column, TableInfo table) {
    if (table.column(column).isEmpty()) {
      List<String> columns = table.columns().stream().map(ColumnInfo::name).toList();
      report(
          path,
          where + name(table) + " has no column " + column,
          Spelling.nearest(column, columns)
              .map(nearest -> "did you mean " + nearest + "?")
              .orElse("use one of " + String.join(", ", columns)));
      return false;
    }
    if (table.column(column).filter(c -> !sent(c, table)).isPresent()) {
      report(
          path,
          where + "Postgres does not publish " + column + " of " + name(table),
          table.column(column).filter(ColumnInfo::generated).isPresent()
              ? "use the columns that it is generated from"
              : "ALTER PUBLICATION … SET TABLE without a column list for "
                  + table.quotedName()
                  + ";");
      return false;
    }
    return true;
  }

  /** What the publication says, where there is one; else generated columns are not sent. */
  private boolean sent(ColumnInfo column, TableInfo table) {
    return facts
        .published(table.name())
        .map(published -> published.columns().contains(column.name()))
        .orElse(!column.generated());
  }

  private void identity(
      String path, String where, String column, TableInfo table, String consequence) {
    List<TableInfo> silent =
        facts.storage(table).stream()
            .filter(each -> !each.replicaIdentityColumns().contains(column))
            .toList();
    if (!silent.isEmpty()) {
      report(
          path,
          where
              + "column "
              + column
              + " is not in the replica identity of "
              + silent.stream().map(RuleCatalogCheck::name).collect(joining(", "))
              + ", so "
              + consequence,
          silent.stream().map(RuleCatalogCheck::fullIdentity).collect(joining(" ")));
    }
  }

  private static boolean needsIdentity(TableInfo table) {
    return table.replicaIdentity() == ReplicaIdentity.NOTHING
        || (table.replicaIdentity() == ReplicaIdentity.DEFAULT && table.primaryKey().isEmpty());
  }

  private static String fullIdentity(TableInfo table) {
    return "ALTER TABLE " + table.quotedName() + " REPLICA IDENTITY FULL;";
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

  private static String source(Rule rule) {
    return rule.path() + ".source";
  }

  private static String name(TableInfo table) {
    return table.name().schema() + "." + table.name().table();
  }

  private void report(String path, String message, String fix) {
    problems.add(new Problem(file, path, message, fix));
  }
}
