package dev.cachetide.cli.console;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.wire.TableName;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the console needs to know of a pipeline's rules. Safe for concurrent use. */
public interface RuleView {

  /** The rules, each with its name, table, path in the file, and what it evicts. */
  List<RuleLine> rules();

  /** Why the rules shown are older than the file; empty when they are the file's. */
  String outdated();

  /** What the rules make of a change. */
  Explained explain(Change change);

  /** What is wrong with a table that somebody named; empty when some rule is about it. */
  Optional<Problem> unknown(TableName table);

  /** The names of all rules. */
  default Set<String> names() {
    return rules().stream()
        .map(RuleLine::name)
        .collect(java.util.stream.Collectors.toUnmodifiableSet());
  }

  /**
   * One rule.
   *
   * @param table {@code schema.table}, or a glob
   * @param templates what leaves, each as {@code key user:{id}}
   */
  record RuleLine(String name, String path, String table, List<String> templates) {
    /** Copies the list. */
    public RuleLine {
      templates = List.copyOf(templates);
    }
  }

  /**
   * A change as somebody describes it.
   *
   * @param operation null to conclude it from the rows
   * @param before JSON; null without such a row
   * @param after JSON; null without such a row
   */
  record Change(
      TableName table,
      @Nullable String operation,
      @Nullable String before,
      @Nullable String after,
      boolean ownWrite) {}

  /**
   * What came of it.
   *
   * @param report null when there are problems
   */
  record Explained(@Nullable ObjectNode report, List<Problem> problems) {
    /** Copies the list. */
    public Explained {
      problems = List.copyOf(problems);
    }
  }
}
