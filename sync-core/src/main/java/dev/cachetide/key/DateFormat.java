package dev.cachetide.key;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.TemporalAccessor;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A date or a timestamp by a pattern of {@link DateTimeFormatter}, such as {@code
 * date:yyyy-MM-dd@Europe/Berlin}. A timestamp is a moment, told in the zone, UTC unless another is
 * named; a date is the same in every zone.
 *
 * @param spelling the argument as it was written
 */
record DateFormat(String spelling, DateTimeFormatter formatter, ZoneId zone) implements Format {

  /**
   * Compiles an argument.
   *
   * @throws IllegalArgumentException when it is no pattern
   * @throws DateTimeException when there is no such zone
   */
  static DateFormat of(String argument) {
    int at = argument.lastIndexOf('@');
    String pattern = at < 0 ? argument : argument.substring(0, at);
    ZoneId zone = at < 0 ? ZoneOffset.UTC : ZoneId.of(argument.substring(at + 1));
    DateTimeFormatter formatter = DateTimeFormatter.ofPattern(pattern, Locale.ROOT);
    String unused = formatter.format(ZonedDateTime.of(2000, 1, 2, 3, 4, 5, 6, zone));
    return new DateFormat(argument, formatter, zone);
  }

  @Override
  public List<@Nullable String> apply(@Nullable String value) {
    return Format.one(value == null ? null : formatted(value));
  }

  private String formatted(String value) {
    try {
      TemporalAccessor read =
          value.indexOf('T') < 0
              ? DateTimeFormatter.ISO_DATE.parse(value, LocalDate::from).atStartOfDay(zone)
              : OffsetDateTime.parse(value).atZoneSameInstant(zone);
      return formatter.format(read);
    } catch (DateTimeException e) {
      // Without the cause, whose message quotes the value.
      throw new IllegalArgumentException("the value is no date");
    }
  }

  @Override
  public String toString() {
    return "date:" + spelling;
  }
}
