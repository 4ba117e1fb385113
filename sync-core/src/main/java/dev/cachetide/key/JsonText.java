package dev.cachetide.key;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** JSON inside a column's text, and the text that a template writes for a piece of it. */
final class JsonText {

  /** More than Postgres's widest numeric has. */
  private static final int MOST_DIGITS = 150_000;

  private static final ObjectReader JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build()
          .reader();

  private JsonText() {}

  /**
   * Reads a text.
   *
   * @throws IllegalArgumentException when it is no JSON
   */
  static JsonNode parse(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      // Without the cause, whose message quotes the value.
      throw new IllegalArgumentException("the value is no JSON");
    }
  }

  /**
   * The elements of an array, those of arrays within it in their place.
   *
   * @throws IllegalArgumentException when the text is no JSON array
   */
  static List<@Nullable String> elements(String text) {
    JsonNode array = parse(text);
    if (!array.isArray()) {
      throw new IllegalArgumentException("the value is no array");
    }
    List<@Nullable String> elements = new ArrayList<>();
    flatten(array, elements);
    return elements;
  }

  private static void flatten(JsonNode array, List<@Nullable String> elements) {
    for (JsonNode element : array) {
      if (element.isArray()) {
        flatten(element, elements);
      } else {
        elements.add(of(element));
      }
    }
  }

  /** Text as it is, numbers in plain digits, null for null and for what is not there. */
  static @Nullable String of(JsonNode value) {
    if (value.isNull() || value.isMissingNode()) {
      return null;
    }
    if (value.isTextual()) {
      return value.textValue();
    }
    return value.isNumber() ? plain(value.decimalValue()) : value.toString();
  }

  private static String plain(BigDecimal number) {
    if (number.precision() + Math.abs((long) number.scale()) > MOST_DIGITS) {
      throw new IllegalArgumentException("the value has too many digits");
    }
    return number.toPlainString();
  }
}
