package dev.cachetide.runtime.postgres;

import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Something that operations have paused.
 *
 * @param name a role, a table as {@code schema.table}, or a rule
 * @param stale whether caches are to be believed meanwhile, although entries may be old
 * @param reason as somebody has given it
 * @param by who did it
 */
public record Pause(
    What what, String name, boolean stale, @Nullable String reason, String by, Instant since) {

  /** What can be paused. */
  public enum What {
    /** Every process of a role. */
    ROLE,
    /** The evictions for one table's changes: they wait. */
    TABLE,
    /** One rule: events are passed over, and made up for when it is resumed. */
    RULE;

    /** As people write it. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** {@code table public.users}. */
  public String described() {
    return what + " " + name;
  }
}
