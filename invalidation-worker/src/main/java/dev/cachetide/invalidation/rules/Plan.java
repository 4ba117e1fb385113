package dev.cachetide.invalidation.rules;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * What has to leave the cache, each key and pattern once. Mutable, not thread-safe: a batch's
 * events add to one plan, which is the coalescing.
 */
public final class Plan {

  private final Set<String> keys = new LinkedHashSet<>();
  private final Set<String> patterns = new LinkedHashSet<>();
  private int widened;

  /** One key. */
  public void evict(String key) {
    keys.add(key);
  }

  /** Everything that a Redis glob matches. */
  public void evictMatching(String pattern) {
    patterns.add(pattern);
  }

  /** Everything that a template could name, because the event does not tell which. */
  public void widen(Set<String> toPatterns) {
    patterns.addAll(toPatterns);
    widened++;
  }

  /** Keys to evict, in the order in which they were named. */
  public Set<String> keys() {
    return keys;
  }

  /** Globs to evict by. */
  public Set<String> patterns() {
    return patterns;
  }

  /** How many times an event could not be translated precisely. */
  public int widened() {
    return widened;
  }
}
