package dev.cachetide.wire;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads a write command from parsed JSON and refuses, by name, whatever does not belong. */
final class WriteCommandReader {

  private static final Pattern DECIMAL = Pattern.compile("-?[0-9]{1,1000}(\\.[0-9]{1,1000})?");
  private static final Set<String> INSERTING = Set.of("v", "op", "table", "key", "set", "id");
  private static final Set<String> SETTING = Set.of("v", "op", "table", "key", "set", "id", "base");
  private static final int MAX_SHOWN = 60;

  private WriteCommandReader() {}

  static WriteCommand command(JsonNode json) throws MalformedCommandException {
    if (!json.isObject()) {
      throw new MalformedCommandException("not a JSON object");
    }
    version(json);
    try {
      return command(text(json, "op"), json);
    } catch (IllegalArgumentException e) {
      // thrown by our own records, whose messages name columns only
      throw new MalformedCommandException(String.valueOf(e.getMessage()));
    }
  }

  private static WriteCommand command(String op, JsonNode json) throws MalformedCommandException {
    return switch (op) {
      case "insert" -> {
        only(json, INSERTING);
        yield new WriteCommand.Insert(table(json), key(json), columns(json, "set"), id(json));
      }
      case "upsert" -> {
        only(json, SETTING);
        yield new WriteCommand.Upsert(
            table(json), key(json), columns(json, "set"), id(json), base(json));
      }
      case "update" -> {
        only(json, SETTING);
        yield new WriteCommand.Update(
            table(json), key(json), columns(json, "set"), id(json), base(json));
      }
      case "delete" -> {
        only(json, Set.of("v", "op", "table", "key", "id", "base"));
        yield new WriteCommand.Delete(table(json), key(json), id(json), base(json));
      }
      case "delta" -> {
        only(json, Set.of("v", "op", "table", "key", "add", "id", "base"));
        yield new WriteCommand.Delta(table(json), key(json), amounts(json), id(json), base(json));
      }
      default ->
          throw new MalformedCommandException(
              "'op' must be insert, upsert, update, delete or delta, not '" + shown(op) + "'");
    };
  }

  private static void version(JsonNode json) throws MalformedCommandException {
    JsonNode version = json.path("v");
    if (!version.isIntegralNumber() || !version.canConvertToInt() || version.intValue() != 1) {
      throw new MalformedCommandException("'v' must be " + WriteCommandCodec.VERSION);
    }
  }

  private static void only(JsonNode json, Set<String> known) throws MalformedCommandException {
    for (var field : json.properties()) {
      if (!known.contains(field.getKey())) {
        throw new MalformedCommandException("unknown field '" + shown(field.getKey()) + "'");
      }
    }
  }

  private static TableName table(JsonNode json) throws MalformedCommandException {
    return TableName.parse(JsonValues.text(text(json, "table")));
  }

  private static Map<String, Object> key(JsonNode json) throws MalformedCommandException {
    return columns(json, "key");
  }

  private static @Nullable String id(JsonNode json) throws MalformedCommandException {
    return json.has("id") ? text(json, "id") : null;
  }

  private static @Nullable Object base(JsonNode json) throws MalformedCommandException {
    JsonNode base = json.path("base");
    if (base.isMissingNode() || base.isTextual() || base.isNumber()) {
      return base.isMissingNode() ? null : value(base);
    }
    throw new MalformedCommandException("'base' must be text or a number");
  }

  private static String text(JsonNode json, String field) throws MalformedCommandException {
    JsonNode value = json.path(field);
    if (!value.isTextual()) {
      throw new MalformedCommandException("'" + field + "' must be text");
    }
    return value.textValue();
  }

  private static Map<String, Object> columns(JsonNode json, String field)
      throws MalformedCommandException {
    Map<String, Object> columns = new LinkedHashMap<>();
    for (var column : object(json, field).properties()) {
      columns.put(column.getKey(), value(column.getValue()));
    }
    return columns;
  }

  private static Map<String, BigDecimal> amounts(JsonNode json) throws MalformedCommandException {
    Map<String, BigDecimal> amounts = new LinkedHashMap<>();
    for (var column : object(json, "add").properties()) {
      amounts.put(column.getKey(), amount(column.getKey(), column.getValue()));
    }
    return amounts;
  }

  private static JsonNode object(JsonNode json, String field) throws MalformedCommandException {
    JsonNode object = json.path(field);
    if (!object.isObject()) {
      throw new MalformedCommandException("'" + field + "' must be an object");
    }
    return object;
  }

  private static BigDecimal amount(String column, JsonNode amount)
      throws MalformedCommandException {
    if (amount.isNumber()) {
      return amount.decimalValue();
    }
    if (amount.isTextual() && DECIMAL.matcher(amount.textValue()).matches()) {
      return new BigDecimal(amount.textValue());
    }
    throw new MalformedCommandException(
        "'add' of column '" + shown(column) + "' must be a number or decimal text");
  }

  private static @Nullable Object value(JsonNode node) {
    if (node.isTextual()) {
      return node.textValue();
    }
    if (node.isNumber()) {
      return node.decimalValue();
    }
    if (node.isBoolean()) {
      return node.booleanValue();
    }
    return node.isNull() ? null : container(node);
  }

  private static Object container(JsonNode node) {
    if (node.isArray()) {
      List<@Nullable Object> elements = new ArrayList<>(node.size());
      node.forEach(element -> elements.add(value(element)));
      return elements;
    }
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    node.properties().forEach(field -> fields.put(field.getKey(), value(field.getValue())));
    return fields;
  }

  /** A name from outside, short and printable, so that it may stand in a reason. */
  private static String shown(String name) {
    String start = name.length() > MAX_SHOWN ? name.substring(0, MAX_SHOWN) + "…" : name;
    return start.replaceAll("[\\p{Cntrl}\\p{Cs}]", "?");
  }
}
