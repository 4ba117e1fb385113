package dev.cachetide.wire;

import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Makes a write command of the fields of a JSON object, as {@link JsonReading} gives them, and
 * refuses, by name, whatever does not belong.
 */
final class WriteCommandReader {

  private static final Pattern DECIMAL = Pattern.compile("-?[0-9]{1,1000}(\\.[0-9]{1,1000})?");
  private static final Set<String> INSERTING = Set.of("v", "op", "table", "key", "set", "id");
  private static final Set<String> DELETING = Set.of("v", "op", "table", "key", "id", "base");
  private static final Set<String> ADDING = Set.of("v", "op", "table", "key", "add", "id", "base");
  private static final Set<String> SETTING = Set.of("v", "op", "table", "key", "set", "id", "base");
  private static final int MAX_SHOWN = 60;

  private WriteCommandReader() {}

  /**
   * The command.
   *
   * @param json null when the JSON was no object
   * @throws IllegalArgumentException with a message that names columns only
   */
  static WriteCommand command(@Nullable Map<String, @Nullable Object> json)
      throws MalformedCommandException {
    if (json == null) {
      throw new MalformedCommandException("not a JSON object");
    }
    version(json);
    return command(text(json, "op"), json);
  }

  private static WriteCommand command(String op, Map<String, @Nullable Object> json)
      throws MalformedCommandException {
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
        only(json, DELETING);
        yield new WriteCommand.Delete(table(json), key(json), id(json), base(json));
      }
      case "delta" -> {
        only(json, ADDING);
        yield new WriteCommand.Delta(table(json), key(json), amounts(json), id(json), base(json));
      }
      default ->
          throw new MalformedCommandException(
              "'op' must be insert, upsert, update, delete or delta, not '" + shown(op) + "'");
    };
  }

  private static void version(Map<String, @Nullable Object> json) throws MalformedCommandException {
    boolean known =
        json.get("v") instanceof BigDecimal version
            && version.scale() == 0
            && version.compareTo(BigDecimal.valueOf(WriteCommandCodec.VERSION)) == 0;
    if (!known) {
      throw new MalformedCommandException("'v' must be " + WriteCommandCodec.VERSION);
    }
  }

  private static void only(Map<String, @Nullable Object> json, Set<String> known)
      throws MalformedCommandException {
    for (String field : json.keySet()) {
      if (!known.contains(field)) {
        throw new MalformedCommandException("unknown field '" + shown(field) + "'");
      }
    }
  }

  private static TableName table(Map<String, @Nullable Object> json)
      throws MalformedCommandException {
    return TableName.parse(text(json, "table"));
  }

  private static Map<String, Object> key(Map<String, @Nullable Object> json)
      throws MalformedCommandException {
    return columns(json, "key");
  }

  private static @Nullable String id(Map<String, @Nullable Object> json)
      throws MalformedCommandException {
    return json.containsKey("id") ? text(json, "id") : null;
  }

  private static @Nullable Object base(Map<String, @Nullable Object> json)
      throws MalformedCommandException {
    Object base = json.get("base");
    if (base instanceof String || base instanceof BigDecimal || !json.containsKey("base")) {
      return base;
    }
    throw new MalformedCommandException("'base' must be text or a number");
  }

  private static String text(Map<String, @Nullable Object> json, String field)
      throws MalformedCommandException {
    if (json.get(field) instanceof String text) {
      return text;
    }
    throw new MalformedCommandException("'" + field + "' must be text");
  }

  @SuppressWarnings("unchecked") // JSON's names are text
  private static Map<String, Object> columns(Map<String, @Nullable Object> json, String field)
      throws MalformedCommandException {
    if (json.get(field) instanceof Map<?, ?> columns) {
      return (Map<String, Object>) columns;
    }
    throw new MalformedCommandException("'" + field + "' must be an object");
  }

  private static Map<String, BigDecimal> amounts(Map<String, @Nullable Object> json)
      throws MalformedCommandException {
    Map<String, BigDecimal> amounts = new LinkedHashMap<>();
    for (var column : columns(json, "add").entrySet()) {
      amounts.put(column.getKey(), amount(column.getKey(), column.getValue()));
    }
    return amounts;
  }

  private static BigDecimal amount(String column, @Nullable Object amount)
      throws MalformedCommandException {
    if (amount instanceof BigDecimal number) {
      return number;
    }
    if (amount instanceof String text && DECIMAL.matcher(text).matches()) {
      return new BigDecimal(text);
    }
    throw new MalformedCommandException(
        "'add' of column '" + shown(column) + "' must be a number or decimal text");
  }

  /** A name from outside, short and printable, so that it may stand in a reason. */
  private static String shown(String name) {
    String start = name.length() > MAX_SHOWN ? name.substring(0, MAX_SHOWN) + "…" : name;
    return start.replaceAll("[\\p{Cntrl}\\p{Cs}]", "?");
  }
}
