package dev.cachetide.wire;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.AbstractMap;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The one form that column values have inside a write command: null, Boolean, String, BigDecimal,
 * unmodifiable List and Map of the same.
 */
final class JsonValues {

  /** Before and after the point: keeps {@code 1e999999999} from becoming a gigabyte of zeros. */
  private static final int MAX_DIGITS = 2_000;

  private static final int MAX_DEPTH = 50;

  private JsonValues() {}

  static Map<String, Object> columns(Map<String, ?> columns) {
    return columns instanceof Checked<?> checked ? checked.asObjects() : map(columns, 0);
  }

  static Map<String, BigDecimal> amounts(Map<String, ? extends Number> amounts) {
    if (amounts instanceof Checked<?> checked) {
      return checked.asAmounts();
    }
    Map<String, BigDecimal> exact = new LinkedHashMap<>();
    amounts.forEach((column, amount) -> exact.put(name(column), number(amount)));
    return new Checked<>(exact);
  }

  /** Columns whose names and values have been through {@link #text} and its like one by one. */
  static <V> Map<String, V> checked(Map<String, V> columns) {
    return new Checked<>(columns);
  }

  static String text(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean pair =
          Character.isHighSurrogate(c)
              && i + 1 < text.length()
              && Character.isLowSurrogate(text.charAt(i + 1));
      if (pair) {
        i++;
      } else if (c == 0 || Character.isSurrogate(c)) {
        throw new IllegalArgumentException("text with U+0000 or an unpaired surrogate");
      }
    }
    return text;
  }

  static BigDecimal number(Number number) {
    BigDecimal exact = exact(number);
    if (Math.abs((long) exact.scale()) > MAX_DIGITS
        || (long) exact.precision() - exact.scale() > MAX_DIGITS) {
      throw new IllegalArgumentException("a number of more than " + MAX_DIGITS + " digits");
    }
    return exact;
  }

  private static BigDecimal exact(Number number) {
    if (number instanceof BigDecimal decimal) {
      return decimal;
    }
    if (number instanceof BigInteger integer) {
      return new BigDecimal(integer);
    }
    // Double and Float as the shortest text that reads back the same; NaN and infinities have none
    try {
      return new BigDecimal(number.toString());
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("a number that JSON cannot hold", e);
    }
  }

  static void checkDepth(int depth) {
    if (depth > MAX_DEPTH) {
      throw new IllegalArgumentException("nested deeper than " + MAX_DEPTH);
    }
  }

  private static @Nullable Object value(@Nullable Object value, int depth) {
    checkDepth(depth);
    if (value == null || value instanceof Boolean) {
      return value;
    }
    if (value instanceof String text) {
      return text(text);
    }
    if (value instanceof Number number) {
      return number(number);
    }
    if (value instanceof List<?> list) {
      return list(list, depth);
    }
    if (value instanceof Map<?, ?> map) {
      return map(map, depth);
    }
    throw new IllegalArgumentException("not a JSON value: " + value.getClass().getName());
  }

  private static List<Object> list(List<?> list, int depth) {
    List<@Nullable Object> copy = new ArrayList<>(list.size());
    list.forEach(element -> copy.add(value(element, depth + 1)));
    return Collections.unmodifiableList(copy);
  }

  private static Map<String, Object> map(Map<?, ?> map, int depth) {
    Map<String, @Nullable Object> copy = new LinkedHashMap<>();
    map.forEach((name, element) -> copy.put(name(name), value(element, depth + 1)));
    return new Checked<>(copy);
  }

  private static String name(@Nullable Object name) {
    if (name instanceof String text) {
      return text(text);
    }
    throw new IllegalArgumentException("a name that is not text");
  }

  /**
   * An unmodifiable map that need not be checked and copied again: a command is read once and then
   * handed from constructor to constructor.
   */
  private static final class Checked<V> extends AbstractMap<String, V> {
    private final Map<String, V> columns;

    Checked(Map<String, V> columns) {
      this.columns = columns;
    }

    @SuppressWarnings("unchecked") // unmodifiable, so that nothing else can get in
    Map<String, Object> asObjects() {
      return (Map<String, Object>) this;
    }

    @SuppressWarnings("unchecked") // asked for by those who made it of amounts
    Map<String, BigDecimal> asAmounts() {
      return (Map<String, BigDecimal>) this;
    }

    @Override
    public Set<Entry<String, V>> entrySet() {
      return Collections.unmodifiableMap(columns).entrySet();
    }

    @Override
    public void forEach(BiConsumer<? super String, ? super V> action) {
      columns.forEach(action);
    }

    @Override
    public @Nullable V get(Object name) {
      return columns.get(name);
    }

    @Override
    public boolean containsKey(Object name) {
      return columns.containsKey(name);
    }

    @Override
    public int size() {
      return columns.size();
    }
  }
}
