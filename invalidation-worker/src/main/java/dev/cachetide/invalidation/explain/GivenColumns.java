package dev.cachetide.invalidation.explain;

import dev.cachetide.invalidation.rules.ChangeEvent;
import dev.cachetide.invalidation.rules.ReplicaColumns;
import dev.cachetide.invalidation.rules.RowImage;
import dev.cachetide.invalidation.rules.Rule;
import dev.cachetide.key.Reference.Image;
import dev.cachetide.runtime.postgres.ColumnInfo;
import dev.cachetide.runtime.postgres.TableInfo;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.runtime.settings.Spelling;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Whether a described change has the columns that the rules look at. A real event always has them;
 * one that a person wrote down may lack one by mistake, and the answer would then be about a case
 * that does not occur. Pure.
 */
public final class GivenColumns {

  private final List<Problem> problems = new ArrayList<>();
  private final @Nullable TableInfo table;

  private GivenColumns(@Nullable TableInfo table) {
    this.table = table;
  }

  /**
   * Every column that is missing or that the table does not have.
   *
   * @param rules of the table
   * @param table null when the catalogue was not asked
   * @param identity what the WAL tells of old rows; null when the catalogue was not asked
   */
  public static List<Problem> problems(
      ChangeEvent event,
      List<Rule> rules,
      @Nullable TableInfo table,
      @Nullable ReplicaColumns identity) {
    GivenColumns check = new GivenColumns(table);
    if (event.before() != null) {
      Map<String, String> old = needed(rules, Image.OLD);
      if (identity != null) {
        old.keySet().retainAll(identity.columns());
      }
      check.image("--before", event.before(), old);
    }
    if (event.after() != null) {
      check.image("--after", event.after(), needed(rules, Image.NEW));
    }
    return check.problems;
  }

  /** Columns of an image, each with the first place in the file that looks at it. */
  private static Map<String, String> needed(List<Rule> rules, Image image) {
    Map<String, String> needed = new TreeMap<>();
    for (Rule rule : rules) {
      rule.when().columns().stream()
          .filter(column -> column.image() == image || column.image() == Image.EITHER)
          .forEach(column -> needed.putIfAbsent(column.name(), column.path()));
      for (Rule.Eviction eviction : rule.evict()) {
        eviction.template().references().stream()
            .filter(each -> each.image() == image || each.image() == Image.EITHER)
            .forEach(each -> needed.putIfAbsent(each.column(), eviction.path()));
      }
    }
    return needed;
  }

  private void image(String option, RowImage image, Map<String, String> needed) {
    Set<String> given = new TreeSet<>(image.values().keySet());
    given.addAll(image.unavailable());
    Set<String> unknown = new HashSet<>();
    if (table != null) {
      List<String> columns = table.columns().stream().map(ColumnInfo::name).toList();
      given.stream().filter(column -> !columns.contains(column)).forEach(unknown::add);
      unknown.stream().sorted().forEach(column -> unknown(option, column, columns));
    }
    needed.forEach(
        (column, path) -> {
          boolean misspelt = Spelling.nearest(column, unknown).isPresent();
          if (!given.contains(column) && !misspelt) {
            missing(option, column, path, given);
          }
        });
  }

  private void unknown(String option, String column, List<String> columns) {
    problems.add(
        new Problem(
            option,
            column,
            "the table has no such column",
            Spelling.nearest(column, columns)
                .map(nearest -> "did you mean " + nearest + "?")
                .orElse("use columns of " + String.join(", ", columns))));
  }

  private void missing(String option, String column, String path, Set<String> given) {
    String add = "add \"" + column + "\": … (null for NULL)";
    problems.add(
        new Problem(
            option,
            column,
            "is missing, and " + path + " looks at it",
            Spelling.nearest(column, given)
                .filter(nearest -> table == null)
                .map(nearest -> "did you mean it by '" + nearest + "'? Else " + add)
                .orElse(add)));
  }
}
