package dev.cachetide.invalidation.rules;

import dev.cachetide.key.KeyTemplate;
import dev.cachetide.runtime.settings.RuleSettings.Kind;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A compiled rule.
 *
 * @param evict what leaves, with where it stands in the file
 */
public record Rule(String path, String name, String schema, String table, List<Eviction> evict) {

  /** Copies the list. */
  public Rule {
    evict = List.copyOf(evict);
  }

  /**
   * One template of a rule.
   *
   * @param path in the file, {@code rules[0].evict[1].key}
   * @param kind what the template names
   */
  public record Eviction(String path, Kind kind, KeyTemplate template) {

    /** Adds what one row names. */
    void plan(Map<String, @Nullable String> row, Plan plan) {
      switch (kind) {
        case KEY -> plan.evict(template.render(row));
        case TAG -> plan.evictTag(template.render(row));
        case VERSION -> plan.evictVersion(template.render(row));
        case PATTERN -> plan.evictMatching(template.renderGlob(row), template.widestGlob());
      }
    }

    /** Adds all that any row could name. */
    void everything(Plan plan) {
      switch (kind) {
        case KEY -> plan.evictMatching(template.pattern());
        case TAG -> plan.evictTagsMatching(template.pattern());
        case VERSION -> plan.evictVersionsMatching(template.pattern());
        case PATTERN -> plan.evictMatching(template.widestGlob());
      }
    }
  }
}
