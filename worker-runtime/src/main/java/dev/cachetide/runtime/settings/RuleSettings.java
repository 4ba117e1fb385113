package dev.cachetide.runtime.settings;

import java.util.List;

/**
 * One rule as it stands in the file; the invalidation worker compiles it.
 *
 * @param path of the rule in the file, {@code rules[0]}
 * @param evict the key templates, in the file's order; never empty
 */
public record RuleSettings(
    String path, String name, String schema, String table, List<EvictSettings> evict) {

  /** Copies the list. */
  public RuleSettings {
    evict = List.copyOf(evict);
  }

  /**
   * One eviction of a rule.
   *
   * @param path of the template in the file, {@code rules[0].evict[1].key}
   * @param key a template such as <code>user:{id}</code>
   */
  public record EvictSettings(String path, String key) {}
}
