package dev.cachetide.runtime.settings;

import dev.cachetide.key.KeyTemplate.Compilation;
import dev.cachetide.runtime.settings.RuleSettings.EvictSettings;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How many keys a rule may name one by one.
 *
 * @param keysPerEvent for one change event; default 1,000
 * @param keysPerTransaction for one transaction, and for one batch; default 10,000
 * @param above what leaves in place of more: a tag, a version or a pattern without columns; default
 *     null, which stands for everything that the rule can name
 */
public record LimitSettings(
    int keysPerEvent, int keysPerTransaction, @Nullable EvictSettings above) {

  /** Where the file says nothing. */
  public static final LimitSettings DEFAULT = new LimitSettings(1_000, 10_000, null);

  /** What is wrong with {@code above}; empty when nothing is. */
  public Optional<Compilation.Refused> refusal() {
    if (above == null) {
      return Optional.empty();
    }
    Compilation compilation = above.kind().compile(above.template());
    if (compilation instanceof Compilation.Refused refused) {
      return Optional.of(refused);
    }
    return ((Compilation.Compiled) compilation)
        .template().columns().stream()
            .findFirst()
            .map(
                column ->
                    new Compilation.Refused(
                        "'"
                            + above.template()
                            + "' holds the column "
                            + column
                            + ", which differs from row to row; this has to cover them all",
                        "name one that every entry of the rule has, without columns"));
  }
}
