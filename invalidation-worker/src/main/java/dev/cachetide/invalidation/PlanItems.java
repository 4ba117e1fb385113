package dev.cachetide.invalidation;

import dev.cachetide.invalidation.rules.Plan;
import dev.cachetide.wire.Invalidation;
import java.util.ArrayList;
import java.util.List;

/**
 * A plan as it is told to caches inside applications. Pure. What is too much for one message, or
 * has no word of its own there, becomes {@link Invalidation.All}: they lose more than they must,
 * and never keep what they must lose.
 */
final class PlanItems {

  /** More is cheaper to load again than to look for. */
  static final int MOST_ITEMS = 1_000;

  /** Characters of all targets; a listener's codec takes no longer ones either. */
  static final int MOST_CHARACTERS = 64 * 1024;

  private PlanItems() {}

  static List<Invalidation> of(Plan plan) {
    List<Invalidation> items = new ArrayList<>();
    plan.keys().forEach(key -> items.add(new Invalidation.Key(key)));
    plan.refreshes().items().keySet().forEach(key -> items.add(new Invalidation.Key(key)));
    plan.tags().forEach(tag -> items.add(new Invalidation.Tag(tag)));
    plan.versions().forEach(version -> items.add(new Invalidation.Version(version)));
    plan.patterns().forEach(pattern -> items.add(new Invalidation.Pattern(pattern)));
    boolean unnamed = !plan.tagPatterns().isEmpty() || !plan.versionPatterns().isEmpty();
    long characters = items.stream().mapToLong(item -> item.target().length()).sum();
    return unnamed || items.size() > MOST_ITEMS || characters > MOST_CHARACTERS
        ? List.of(new Invalidation.All())
        : items;
  }
}
