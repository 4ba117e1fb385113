package dev.cachetide.invalidation;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.util.List;

/** Which rules hold: two workers that show the same fingerprint evict the same from the same. */
final class RuleMeters {

  private final MultiGauge info;

  RuleMeters(MeterRegistry registry) {
    info =
        MultiGauge.builder("cachetide.rules.info")
            .description("1, with the fingerprint of the rules that hold")
            .register(registry);
  }

  void hold(AppliedRules rules) {
    info.register(List.of(MultiGauge.Row.of(Tags.of("fingerprint", rules.fingerprint()), 1)), true);
  }
}
