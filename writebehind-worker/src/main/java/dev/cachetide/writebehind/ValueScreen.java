package dev.cachetide.writebehind;

import java.math.BigDecimal;
import java.time.YearMonth;
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
          "([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})"
              + "(?:[.][0-9]{1,9})?)?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?");

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
    if (!text.isEmpty() && text.length() <= digits && isDigits(text, 0, text.length())) {
      return true;
    }
    int bits = type.equals("int2") ? 15 : type.equals("int4") ? 31 : 63;
    Optional<BigDecimal> number = PgText.decimal(text);
    return number.isPresent() && number.get().toBigInteger().bitLength() <= bits;
  }

  private static boolean digitsFit(int modifier, String text) {
    int scale = (modifier - 4) & 0x7ff;
    int digits = modifier < 0 ? Integer.MAX_VALUE : ((modifier - 4) >>> 16) - scale;
    if (isShortNumber(text, digits)) {
      return true;
    }
    Optional<BigDecimal> number = PgText.decimal(text);
    if (number.isEmpty()) {
      return text.equalsIgnoreCase("NaN");
    }
    return number.get().signum() == 0 || number.get().precision() - number.get().scale() <= digits;
  }

  /** What most numbers look like, told without making one: digits, a point, digits. */
  private static boolean isShortNumber(String text, int digits) {
    int point = text.indexOf('.');
    int end = point < 0 ? text.length() : point;
    return end > 0
        && end <= digits
        && isDigits(text, 0, end)
        && (point < 0 || (point + 1 < text.length() && isDigits(text, point + 1, text.length())));
  }

  private static boolean isDigits(String text, int from, int to) {
    for (int i = from; i < to; i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return false;
      }
    }
    return true;
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
    return moment.matches()
        && isDay(number(moment, 1), number(moment, 2), number(moment, 3))
        && (moment.group(4) == null || (number(moment, 4) < 24 && number(moment, 5) < 60))
        && (moment.group(6) == null || number(moment, 6) < 60);
  }

  private static int number(Matcher moment, int group) {
    return Integer.parseInt(moment.group(group));
  }

  private static boolean isDay(int year, int month, int day) {
    return year > 0
        && month >= 1
        && month <= 12
        && day >= 1
        && (day <= 28 || day <= YearMonth.of(year, month).lengthOfMonth());
  }
}
