package dev.cachetide.wire;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads JSON straight into the one form that values have inside a write command, without a tree in
 * between; see {@link JsonValues}.
 */
final class JsonReading {

  private JsonReading() {}

  /**
   * Reads the one value that the parser holds, and its end.
   *
   * @return the fields of an object; null when it is none
   * @throws IOException when it is no JSON
   * @throws IllegalArgumentException when a value is none that a command may hold
   */
  static @Nullable Map<String, @Nullable Object> object(JsonParser parser) throws IOException {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      return null;
    }
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      parser.nextToken();
      fields.put(name, value(parser, 0));
    }
    if (parser.nextToken() != null) {
      throw new JsonParseException(parser, "more than one value");
    }
    return fields;
  }

  /** Counts the depth as {@link JsonValues} does. */
  private static @Nullable Object value(JsonParser parser, int depth) throws IOException {
    JsonValues.checkDepth(depth);
    return switch (parser.currentToken()) {
      case VALUE_STRING -> JsonValues.text(parser.getText());
      case VALUE_NUMBER_INT -> integer(parser);
      case VALUE_NUMBER_FLOAT -> JsonValues.number(parser.getDecimalValue());
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case START_OBJECT -> map(parser, depth + 1);
      case START_ARRAY -> list(parser, depth + 1);
      default -> null;
    };
  }

  private static BigDecimal integer(JsonParser parser) throws IOException {
    return parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
        ? JsonValues.number(parser.getBigIntegerValue())
        : BigDecimal.valueOf(parser.getLongValue());
  }

  private static Map<String, @Nullable Object> map(JsonParser parser, int depthInside)
      throws IOException {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      parser.nextToken();
      fields.put(JsonValues.text(name), value(parser, depthInside));
    }
    return JsonValues.checked(fields);
  }

  private static List<@Nullable Object> list(JsonParser parser, int depthInside)
      throws IOException {
    List<@Nullable Object> elements = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      elements.add(value(parser, depthInside));
    }
    return Collections.unmodifiableList(elements);
  }
}
