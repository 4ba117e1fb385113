package dev.cachetide.invalidation.rules;

import dev.cachetide.key.KeyTemplate;
import java.util.List;

/**
 * A compiled rule.
 *
 * @param evict the key templates with where they stand in the file
 */
public record Rule(String path, String name, String schema, String table, List<Eviction> evict) {

  /** Copies the list. */
  public Rule {
    evict = List.copyOf(evict);
  }

  /**
   * One key template of a rule.
   *
   * @param path in the file, {@code rules[0].evict[1].key}
   */
  public record Eviction(String path, KeyTemplate template) {}
}
