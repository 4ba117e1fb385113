package dev.cachetide.invalidation.refresh;

import dev.cachetide.runtime.settings.RefreshSettings;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** How long values live, fixed with jitter or until the time in a column. */
public final class Life {

  /** Where a column tells the end, a deleted row's position is kept for this and a day. */
  private static final Duration OF_A_DELETION = Duration.ofDays(1);

  private static final double PERCENT = 100;

  private final InstantSource clock;
  private final RandomGenerator random;

  /** By the clock of the worker. */
  public Life(InstantSource clock, RandomGenerator random) {
    this.clock = clock;
    this.random = random;
  }

  Instant now() {
    return clock.instant();
  }

  /** Null when the row's time is over, or its column tells none: then it is not cached. */
  @Nullable Duration of(RefreshSettings settings, Map<String, @Nullable String> row) {
    Duration fixed = settings.ttl();
    if (fixed != null) {
      double shortened = random.nextDouble() * settings.jitterPercent() / PERCENT;
      return fixed.minusMillis((long) (fixed.toMillis() * shortened));
    }
    String until = row.get(settings.ttlColumn());
    Duration left = until == null ? Duration.ZERO : Duration.between(now(), instant(until));
    return left.toMillis() > 0 ? left : null;
  }

  /** The longest that is known without a row. */
  public Duration ofDeletion(RefreshSettings settings) {
    Duration fixed = settings.ttl();
    return fixed == null ? OF_A_DELETION : fixed;
  }

  /** A time that cannot be read, such as infinity, is over: absent is always safe. */
  private static Instant instant(String text) {
    try {
      return text.matches(".*(Z|[+-][0-9:]+)$") && text.length() > "2023-11-14T22:13".length()
          ? OffsetDateTime.parse(text).toInstant()
          : LocalDateTime.parse(text).toInstant(ZoneOffset.UTC);
    } catch (DateTimeException e) {
      return Instant.EPOCH;
    }
  }
}
