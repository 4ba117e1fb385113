package dev.cachetide.invalidation.rules;

import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.wire.TableName;
import java.util.List;
import java.util.Map;

/**
 * Rules as the catalogue fills them in at one moment: each about a single table, and checked.
 *
 * @param rules to go by, as long as there is no problem
 * @param tables that the rules are about, as far as they are there
 * @param problems every one that the catalogue shows
 */
public record ResolvedRules(
    RuleSet rules, Map<TableName, KnownTable> tables, List<Problem> problems) {

  /** Copies the collections. */
  public ResolvedRules {
    tables = Map.copyOf(tables);
    problems = List.copyOf(problems);
  }
}
