package dev.cachetide.writebehind;

import java.math.BigDecimal;
import java.time.YearMonth;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Values that look as if their column had no room for them, by its type and limits alone.
 *
 * <p>Only to guess by: a form that is not known here looks wrong and may well be taken by Postgres.
 * Not safe for concurrent use.
 */
final class ValueScreen {

  /** How long a day is, as {@code 2026-01-31}. */
  private static final int DAY = 10;

  private @Nullable Shape last;

  /**
   * A column that an effect is likely to be refused for.
   *
   * @param trusted columns that are not looked at
   */
  Optional<TargetColumn> misfit(RowOp op, Predicate<TargetColumn> trusted) {
    List<TargetColumn> key = op.table().key();
    for (int i = 0; i < key.size(); i++) {
      if (looksWrong(key.get(i), op.key().get(i)) && !trusted.test(key.get(i))) {
        return Optional.of(key.get(i));
      }
    }
    Shape shape = shape(op);
    for (int i = 0; i < shape.columns.size(); i++) {
      TargetColumn column = shape.columns.get(i);
      if (looksWrong(column, op.set().at(i)) && !trusted.test(column)) {
        return Optional.of(column);
      }
    }
    // asked for every effect, and seldom any: no stream for nothing
    return op.kind().inserts() && !shape.missing.isEmpty()
        ? shape.missing.stream().filter(trusted.negate()).findFirst()
        : Optional.empty();
  }

  /** Most effects set the columns that the one before them has set. */
  private Shape shape(RowOp op) {
    Shape shape = last;
    if (shape == null || !shape.isOf(op)) {
      shape = Shape.of(op);
      last = shape;
    }
    return shape;
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

  /** A day, and then perhaps a time, and then perhaps a zone. */
  private static boolean looksLikeMoment(String text) {
    int length = text.length();
    if (length < DAY
        || text.charAt(4) != '-'
        || text.charAt(7) != '-'
        || !isDay(number(text, 0, 4), number(text, 5, 7), number(text, 8, DAY))) {
      return false;
    }
    if (length == DAY) {
      return true;
    }
    char between = text.charAt(DAY);
    return (between == 'T' || between == ' ') && isTime(text, DAY + 1);
  }

  private static boolean isTime(String text, int from) {
    if (!isBelow(text, from, 24) || !isAt(text, from + 2, ':') || !isBelow(text, from + 3, 60)) {
      return false;
    }
    int end = from + 5;
    if (isAt(text, end, ':')) {
      if (!isBelow(text, end + 1, 60)) {
        return false;
      }
      end += 3;
      if (isAt(text, end, '.')) {
        int digits = end + 1;
        for (end = digits; end < text.length() && isDigits(text, end, end + 1); end++) {}
        if (end == digits || end > digits + 9) {
          return false;
        }
      }
    }
    return end == text.length() || isZone(text, end);
  }

  /** {@code Z}, or hours and perhaps minutes from it. */
  private static boolean isZone(String text, int from) {
    int length = text.length();
    if (isAt(text, from, 'Z')) {
      return length == from + 1;
    }
    if (!(isAt(text, from, '+') || isAt(text, from, '-')) || number(text, from + 1, from + 3) < 0) {
      return false;
    }
    int minutes = isAt(text, from + 3, ':') ? from + 4 : from + 3;
    return length == from + 3 || (length == minutes + 2 && number(text, minutes, length) >= 0);
  }

  private static boolean isAt(String text, int place, char expected) {
    return place < text.length() && text.charAt(place) == expected;
  }

  private static boolean isBelow(String text, int from, int limit) {
    int number = number(text, from, from + 2);
    return number >= 0 && number < limit;
  }

  /** What some digits say; negative when they are none. */
  private static int number(String text, int from, int to) {
    if (to > text.length() || !isDigits(text, from, to)) {
      return -1;
    }
    int number = 0;
    for (int i = from; i < to; i++) {
      number = 10 * number + (text.charAt(i) - '0');
    }
    return number;
  }

  private static boolean isDay(int year, int month, int day) {
    return year > 0
        && month >= 1
        && month <= 12
        && day >= 1
        && (day <= 28 || day <= YearMonth.of(year, month).lengthOfMonth());
  }

  /**
   * What effects on a table set, looked up once.
   *
   * @param columns by the index of the names
   * @param missing what an inserted row would have to be given as well
   */
  private record Shape(
      TargetTable table,
      List<String> names,
      List<TargetColumn> columns,
      List<TargetColumn> missing) {

    static Shape of(RowOp op) {
      List<String> names = op.set().names();
      return new Shape(
          op.table(),
          names,
          names.stream().map(op.table()::known).toList(),
          op.table().required().stream().filter(each -> !names.contains(each.name())).toList());
    }

    @SuppressWarnings("ReferenceEquality") // equal ones would do, and take long to compare
    boolean isOf(RowOp op) {
      return table == op.table() && names == op.set().names();
    }
  }
}
