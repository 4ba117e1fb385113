package dev.cachetide.writebehind;

import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Values that look as if their column had no room for them, by its type and limits alone.
 *
 * <p>Only to guess by: a form that is not known here looks wrong and may well be taken by Postgres.
 */
final class ValueScreen {

  private static final Pattern MOMENT =
      Pattern.compile(
          "(\\d{4}-\\d\\d-\\d\\d)(?:[T ](\\d\\d:\\d\\d(?::\\d\\d(?:\\.\\d{1,9})?)?)"
              + " ?(?:Z|[+-]\\d\\d(?::?\\d\\d)?)?)?");

  private ValueScreen() {}

  /**
   * A column that an effect is likely to be refused for.
   *
   * @param trusted columns that are not looked at
   */
  static Optional<TargetColumn> misfit(RowOp op, Predicate<TargetColumn> trusted) {
    TargetTable table = op.table();
    for (int i = 0; i < op.key().size(); i++) {
      TargetColumn column = table.key().get(i);
      if (looksWrong(column, op.key().get(i)) && !trusted.test(column)) {
        return Optional.of(column);
      }
    }
    for (var value : op.set().entrySet()) {
      TargetColumn column = table.known(value.getKey());
      if (looksWrong(column, value.getValue()) && !trusted.test(column)) {
        return Optional.of(column);
      }
    }
    return op.kind().inserts() ? missing(op, trusted) : Optional.empty();
  }

  private static Optional<TargetColumn> missing(RowOp op, Predicate<TargetColumn> trusted) {
    for (TargetColumn column : op.table().required()) {
      if (!op.set().containsKey(column.name()) && !trusted.test(column)) {
        return Optional.of(column);
      }
    }
    return Optional.empty();
  }

  private static boolean looksWrong(TargetColumn column, @Nullable String text) {
    if (text == null) {
      return column.limits().notNull();
    }
    return switch (column.type().kind()) {
      case INTEGER -> !isInteger(column.type().name(), text);
      case DECIMAL -> !digitsFit(column.limits().modifier(), text);
      case TEXT -> column.limits().maxLength() < text.length() && isLonger(column, text);
      case UUID -> !isUuid(text);
      case ENUM -> !column.type().labels().contains(text);
      case OTHER -> isMoment(column.type()) && !looksLikeMoment(text);
      default -> false;
    };
  }

  private static boolean isInteger(String type, String text) {
    int digits = type.equals("int2") ? 4 : type.equals("int4") ? 9 : 18;
    if (text.length() <= digits && text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return !text.isEmpty();
    }
    int bits = type.equals("int2") ? 15 : type.equals("int4") ? 31 : 63;
    Optional<BigDecimal> number = PgText.decimal(text);
    return number.isPresent() && number.get().toBigInteger().bitLength() <= bits;
  }

  private static boolean digitsFit(int modifier, String text) {
    Optional<BigDecimal> number = PgText.decimal(text);
    if (number.isEmpty()) {
      return text.equalsIgnoreCase("NaN");
    }
    if (modifier < 0) {
      return true;
    }
    int scale = (modifier - 4) & 0x7ff;
    int digits = ((modifier - 4) >>> 16) - scale;
    return number.get().signum() == 0 || number.get().precision() - number.get().scale() <= digits;
  }

  private static boolean isLonger(TargetColumn column, String text) {
    return column.limits().maxLength() < text.codePointCount(0, text.length());
  }

  private static boolean isUuid(String text) {
    int digits = 0;
    for (int i = 0; i < text.length(); i++) {
      if (Character.digit(text.charAt(i), 16) >= 0) {
        digits++;
      }
    }
    return digits == 32;
  }

  private static boolean isMoment(PgType type) {
    return switch (type.name()) {
      case "timestamptz", "timestamp", "date" -> type.schema().equals("pg_catalog");
      default -> false;
    };
  }

  private static boolean looksLikeMoment(String text) {
    Matcher moment = MOMENT.matcher(text);
    if (!moment.matches()) {
      return false;
    }
    try {
      LocalDate.parse(moment.group(1));
      if (moment.group(2) != null) {
        LocalTime.parse(moment.group(2));
      }
      return true;
    } catch (DateTimeException e) {
      return false; // no day of the calendar, or no time of a day
    }
  }
}
