package dev.cachetide.invalidation;

import dev.cachetide.invalidation.refresh.Life;
import dev.cachetide.invalidation.refresh.SecondEvictions;
import dev.cachetide.invalidation.rules.RefreshPlanner;
import dev.cachetide.invalidation.rules.RuleSet;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.UnaryOperator;

/** What a handler needs and a test of something else does not: rules that stay, and only evict. */
final class Unchanging {

  private Unchanging() {}

  /** Of the pipeline {@code shop}. */
  static RuleChange rules(RuleSet rules) {
    return new RuleChange(
        new AppliedRules(
            rules, new SourceTopics(rules, "shop", null, "shop.invalidations", null), Map.of()),
        new InMemoryLedger(),
        UnaryOperator.identity(),
        held -> {},
        () -> 0);
  }

  static Refreshing refreshing(InvalidationMeters meters) {
    return new Refreshing(
        new RefreshPlanner(
            table -> Optional.empty(), new Life(InstantSource.system(), new Random(1))),
        refreshes -> {},
        () -> {},
        new SecondEvictions(() -> 0),
        meters);
  }
}
