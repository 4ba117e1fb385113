package dev.cachetide;

import com.fasterxml.jackson.core.JsonPointer;
import java.math.BigDecimal;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A change of one field of a JSON value.
 *
 * @param pointer where, as RFC 6901 says it: {@code /stock}
 * @param add what to add to the number there; null when {@code set} counts
 * @param set what to put there: text, a number, a boolean or null
 */
public record FieldChange(JsonPointer pointer, @Nullable BigDecimal add, @Nullable Object set) {

  /** Checks the value. */
  public FieldChange {
    if (pointer.matches()) {
      throw new IllegalArgumentException("a pointer to the whole value; write evict or put");
    }
    if (set != null
        && !(set instanceof String || set instanceof Number || set instanceof Boolean)) {
      throw new IllegalArgumentException("a field is set to text, a number, a boolean or null");
    }
  }

  /**
   * Adds to a number.
   *
   * @throws IllegalArgumentException when the pointer is none
   */
  public static FieldChange add(String pointer, Number amount) {
    return new FieldChange(
        JsonPointer.compile(pointer), new BigDecimal(Objects.toString(amount)), null);
  }

  /**
   * Replaces a field.
   *
   * @throws IllegalArgumentException when the pointer is none, or the value no plain one
   */
  public static FieldChange set(String pointer, @Nullable Object value) {
    return new FieldChange(JsonPointer.compile(pointer), null, value);
  }
}
