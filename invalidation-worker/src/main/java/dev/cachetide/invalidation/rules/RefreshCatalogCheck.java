package dev.cachetide.invalidation.rules;

import static java.util.stream.Collectors.joining;

import dev.cachetide.invalidation.refresh.Refresh;
import dev.cachetide.invalidation.refresh.RefreshColumns;
import dev.cachetide.invalidation.refresh.RowLookup;
import dev.cachetide.runtime.postgres.ColumnInfo;
import dev.cachetide.runtime.postgres.TableInfo;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.runtime.settings.RefreshSettings.Mode;
import dev.cachetide.runtime.settings.Spelling;
import dev.cachetide.wire.TableName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Holds refreshes against the catalogue. Pure. A key must name one row, or the images of several
 * rows would take each other's place; and its columns must be in the replica identity, or the key
 * under the old value would stay. Tables that cannot be captured at all are {@link
 * RuleCatalogCheck}'s.
 */
public final class RefreshCatalogCheck {

  private final String file;
  private final CatalogFacts facts;
  private final List<Problem> problems = new ArrayList<>();

  private RefreshCatalogCheck(String file, CatalogFacts facts) {
    this.file = file;
    this.facts = facts;
  }

  /**
   * Every problem, in the order of the rules.
   *
   * @param file as problems name it
   */
  public static List<Problem> problems(String file, RuleSet rules, CatalogFacts facts) {
    RefreshCatalogCheck check = new RefreshCatalogCheck(file, facts);
    for (Rule rule : rules.rules()) {
      for (Refresh refresh : rule.refresh()) {
        facts
            .catalog()
            .table(refresh.table())
            .filter(TableInfo::isCapturable)
            .ifPresent(table -> check.refresh(refresh, table));
      }
    }
    check.problems.addAll(shared(file, rules));
    return check.problems;
  }

  /**
   * A glob that matches several tables gives each of them the same key, where the images of their
   * rows would take each other's place. To evict twice does no harm.
   */
  public static List<Problem> shared(String file, RuleSet rules) {
    Map<String, Refresh> writers = new HashMap<>();
    Map<String, Problem> shared = new LinkedHashMap<>();
    for (Refresh refresh : rules.refreshes()) {
      Refresh other = writers.putIfAbsent(refresh.key().toString(), refresh);
      if (other != null && !other.table().equals(refresh.table()) && refresh.mode() != Mode.PLAIN) {
        shared.putIfAbsent(
            refresh.path(),
            new Problem(
                file,
                refresh.path() + ".key",
                "rows of several tables, such as "
                    + name(other.table())
                    + " and "
                    + name(refresh.table())
                    + ", would be put under '"
                    + refresh.key()
                    + "'",
                "write a rule for each table, with a prefix of its own, or evict the key instead"));
      }
    }
    return List.copyOf(shared.values());
  }

  private void refresh(Refresh refresh, TableInfo table) {
    int before = problems.size();
    known(refresh.path() + ".key", refresh.key().columns(), table);
    if (refresh.query() != null) {
      known(refresh.path() + ".query", refresh.query().columns(), table);
    } else {
      columns(refresh, table);
    }
    if (problems.size() == before) {
      identity(refresh, table);
      if (refresh.query() == null && refresh.mode() != Mode.PLAIN) {
        single(refresh, table);
      }
      if (refresh.settings().create() && refresh.query() == null) {
        findable(refresh, RowLookup.columns(refresh, table), table);
      }
      if (refresh.query() != null) {
        findable(refresh, refresh.query().columns(), table);
      }
    }
  }

  private void columns(Refresh refresh, TableInfo table) {
    known(
        refresh.path() + ".columns",
        refresh.settings().columns().stream().map(column -> column.column()).toList(),
        table);
    String ttl = refresh.settings().ttlColumn();
    if (ttl != null) {
      known(refresh.path() + ".ttl.column", List.of(ttl), table);
      table
          .column(ttl)
          .filter(Predicate.not(RefreshColumns::tellsTime))
          .ifPresent(
              column ->
                  report(
                      refresh.path() + ".ttl.column",
                      ttl + " is of type " + column.typeName() + ", which tells no time",
                      "use a timestamp or timestamptz column, or a fixed ttl: 10m"));
    }
    if (refresh.mode() != Mode.PLAIN) {
      renderable(refresh, table);
    }
  }

  private void renderable(Refresh refresh, TableInfo table) {
    for (ColumnInfo column : RefreshColumns.of(refresh, table)) {
      if (!RefreshColumns.renderable(column)) {
        report(
            refresh.path() + ".columns",
            column.name()
                + " is of type "
                + column.typeName()
                + ", which events and queries do not write alike",
            "name the columns that the value needs, without " + column.name());
      } else if (!sent(column, table)) {
        report(
            refresh.path() + ".columns",
            "Postgres does not publish " + column.name() + " of " + name(table),
            "leave it out, or publish it");
      }
    }
  }

  private boolean sent(ColumnInfo column, TableInfo table) {
    return facts
        .published(table.name())
        .map(published -> published.columns().contains(column.name()))
        .orElse(!column.generated());
  }

  private void known(String path, List<String> columns, TableInfo table) {
    for (String column : columns.stream().distinct().toList()) {
      if (table.column(column).isEmpty()) {
        List<String> all = table.columns().stream().map(ColumnInfo::name).toList();
        report(
            path,
            name(table) + " has no column " + column,
            Spelling.nearest(column, all)
                .map(nearest -> "did you mean " + nearest + "?")
                .orElse("use one of " + String.join(", ", all)));
      }
    }
  }

  private void single(Refresh refresh, TableInfo table) {
    List<String> columns = refresh.key().columns();
    boolean primary = !table.primaryKey().isEmpty() && columns.containsAll(table.primaryKey());
    if (!primary && table.uniqueIndexes().stream().noneMatch(columns::containsAll)) {
      report(
          refresh.path() + ".key",
          "'" + refresh.key() + "' does not name one row of " + name(table),
          table.primaryKey().isEmpty()
              ? "add a primary key to the table, or evict the key instead"
              : "add "
                  + table.primaryKey().stream().map(c -> "{" + c + "}").collect(joining(" and "))
                  + " to the key, or evict it instead");
    }
  }

  private void identity(Refresh refresh, TableInfo table) {
    for (String column : refresh.key().columns().stream().distinct().toList()) {
      List<TableInfo> silent =
          facts.storage(table).stream()
              .filter(each -> !each.replicaIdentityColumns().contains(column))
              .toList();
      if (!silent.isEmpty()) {
        report(
            refresh.path() + ".key",
            "'"
                + refresh.key()
                + "': column "
                + column
                + " is not in the replica identity of "
                + silent.stream().map(each -> name(each)).collect(joining(", "))
                + ", so the key under its old value would stay",
            silent.stream()
                .map(each -> "ALTER TABLE " + each.quotedName() + " REPLICA IDENTITY FULL;")
                .collect(joining(" ")));
      }
    }
  }

  private void findable(Refresh refresh, List<String> columns, TableInfo table) {
    for (String column : columns.stream().distinct().toList()) {
      if (table.column(column).filter(RefreshColumns::findable).isEmpty()) {
        report(
            refresh.path() + (refresh.query() == null ? ".create" : ".query"),
            "rows cannot be looked up by " + column + ", whose text in events is not Postgres's",
            "use columns of numbers, text, uuid, enum or boolean");
      }
    }
  }

  private static String name(TableInfo table) {
    return name(table.name());
  }

  private static String name(TableName table) {
    return table.schema() + "." + table.table();
  }

  private void report(String path, String message, String fix) {
    problems.add(new Problem(file, path, message, fix));
  }
}
