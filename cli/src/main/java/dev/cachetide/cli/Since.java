package dev.cachetide.cli;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A moment as a person names it: {@code 2h} for two hours ago, a date, a timestamp. Pure. */
final class Since {

  /** Everything that there is. */
  static final String EARLIEST = "earliest";

  private static final Pattern AGO = Pattern.compile("([0-9]{1,6})([smhd])");
  private static final Map<String, Duration> UNITS =
      Map.of(
          "s", Duration.ofSeconds(1),
          "m", Duration.ofMinutes(1),
          "h", Duration.ofHours(1),
          "d", Duration.ofDays(1));

  private Since() {}

  /** Empty when the text names no moment. {@code earliest} is the beginning of time. */
  static Optional<Instant> parse(String text, Instant now) {
    if (text.equals(EARLIEST)) {
      return Optional.of(Instant.EPOCH);
    }
    Matcher ago = AGO.matcher(text);
    if (ago.matches()) {
      Duration unit = UNITS.getOrDefault(ago.group(2), Duration.ZERO);
      return Optional.of(now.minus(unit.multipliedBy(Long.parseLong(ago.group(1)))));
    }
    try {
      return Optional.of(
          text.contains("T")
              ? OffsetDateTime.parse(text).toInstant()
              : LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant());
    } catch (DateTimeException e) {
      // Neither a timestamp nor a date: the caller says what would be.
      return Optional.empty();
    }
  }
}
