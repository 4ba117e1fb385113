package dev.cachetide.invalidation;

import dev.cachetide.invalidation.rules.Rule;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.util.List;

/** Which rules hold: two workers that show the same fingerprint evict the same from the same. */
final class RuleMeters {

  private final MeterRegistry registry;
  private final MultiGauge info;

  RuleMeters(MeterRegistry registry) {
    this.registry = registry;
    info =
        MultiGauge.builder("cachetide.rules.info")
            .description("1, with the fingerprint of the rules that hold")
            .register(registry);
  }

  /** What events have called for by a rule, each time that it was named. */
  static Counter evictions(MeterRegistry registry, DecodedBatch.Named named) {
    return Counter.builder("cachetide.invalidation.evictions")
        .description("what changed rows called for by a rule, once for each time it was named")
        .tag("rule", named.rule())
        .tag("kind", named.kind())
        .tag("widened", String.valueOf(named.widened()))
        .register(registry);
  }

  void hold(AppliedRules rules) {
    // So that one which has not evicted anything yet shows a zero.
    for (Rule rule : rules.rules().rules()) {
      for (Rule.Eviction eviction : rule.evict()) {
        String kind = eviction.kind().key();
        evictions(registry, new DecodedBatch.Named(rule.name(), kind, false));
        evictions(registry, new DecodedBatch.Named(rule.name(), kind, true));
      }
    }
    info.register(List.of(MultiGauge.Row.of(Tags.of("fingerprint", rules.fingerprint()), 1)), true);
  }
}
