package dev.cachetide.invalidation.rules;

import dev.cachetide.key.KeyTemplate.Compilation;
import dev.cachetide.key.KeyTemplate.TooManyException;
import dev.cachetide.runtime.settings.LimitSettings;
import dev.cachetide.runtime.settings.RuleSettings.EvictSettings;
import org.jspecify.annotations.Nullable;

/**
 * How many names a rule may evict one by one.
 *
 * @param keysPerEvent of one change event
 * @param keysPerTransaction of one transaction, and of one batch
 * @param above what leaves beyond that; null for everything that the rule can name
 */
public record Limits(int keysPerEvent, int keysPerTransaction, @Nullable Above above) {

  /** Settings in which {@link LimitSettings#refusal} has found nothing wrong. */
  static Limits of(LimitSettings settings) {
    EvictSettings above = settings.above();
    return new Limits(
        settings.keysPerEvent(),
        settings.keysPerTransaction(),
        above == null ? null : Above.of(above));
  }

  /**
   * One tag, version or glob that covers all that the rule can name.
   *
   * @param target as it is evicted
   */
  public record Above(Rule.Eviction eviction, String target) {

    static Above of(EvictSettings settings) {
      if (settings.kind().compile(settings.template()) instanceof Compilation.Compiled compiled) {
        Rule.Eviction eviction =
            new Rule.Eviction(settings.path(), settings.kind(), compiled.template());
        try {
          return new Above(eviction, eviction.render(column -> null).get(0));
        } catch (TooManyException e) {
          throw new IllegalArgumentException("without columns there is one", e);
        }
      }
      throw new IllegalArgumentException(settings.template());
    }

    void plan(Plan plan) {
      eviction.plan(target, plan);
    }
  }
}
