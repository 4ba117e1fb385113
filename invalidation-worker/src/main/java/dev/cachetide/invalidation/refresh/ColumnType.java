package dev.cachetide.invalidation.refresh;

import dev.cachetide.runtime.postgres.ColumnInfo;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How a column's text becomes JSON.
 *
 * @param element of an array; null for everything else
 */
record ColumnType(Kind kind, @Nullable Kind element) {

  private static final Map<String, Kind> BY_NAME =
      Map.ofEntries(
          Map.entry("int2", Kind.NUMBER),
          Map.entry("int4", Kind.NUMBER),
          Map.entry("int8", Kind.NUMBER),
          Map.entry("smallserial", Kind.NUMBER),
          Map.entry("serial", Kind.NUMBER),
          Map.entry("bigserial", Kind.NUMBER),
          Map.entry("oid", Kind.NUMBER),
          Map.entry("numeric", Kind.NUMBER),
          Map.entry("float4", Kind.FLOAT),
          Map.entry("float8", Kind.FLOAT),
          Map.entry("bool", Kind.BOOLEAN),
          Map.entry("json", Kind.JSON),
          Map.entry("jsonb", Kind.JSON),
          Map.entry("date", Kind.DATE),
          Map.entry("time", Kind.TIME),
          Map.entry("timetz", Kind.TIME_WITH_ZONE),
          Map.entry("timestamp", Kind.TIMESTAMP),
          Map.entry("timestamptz", Kind.TIMESTAMP_WITH_ZONE),
          Map.entry("bytea", Kind.BYTES),
          Map.entry("uuid", Kind.TEXT),
          Map.entry("xml", Kind.TEXT),
          Map.entry("char", Kind.TEXT),
          Map.entry("text", Kind.TEXT),
          Map.entry("varchar", Kind.TEXT),
          Map.entry("bpchar", Kind.TEXT),
          Map.entry("citext", Kind.TEXT));

  /** Whose elements an event writes in another way than Postgres does. */
  private static final Set<Kind> NOT_IN_ARRAYS = Set.of(Kind.JSON, Kind.BYTES);

  /** What a value is in JSON. */
  enum Kind {
    NUMBER,
    FLOAT,
    BOOLEAN,
    TEXT,
    JSON,
    DATE,
    TIME,
    TIME_WITH_ZONE,
    TIMESTAMP,
    TIMESTAMP_WITH_ZONE,
    BYTES,
    ARRAY
  }

  /** Empty for a type that events and queries do not write alike, such as interval. */
  static Optional<ColumnType> of(ColumnInfo column) {
    String name = column.typeName();
    if (column.typeCategory() == 'A') {
      return name.startsWith("_") ? array(name.substring(1)) : Optional.empty();
    }
    Kind kind = BY_NAME.get(name);
    if (kind == null && !name.equals("money")) {
      // A domain has the category of the type behind it.
      kind =
          switch (column.typeCategory()) {
            case 'S', 'E', 'I' -> Kind.TEXT;
            case 'N' -> Kind.NUMBER;
            case 'B' -> Kind.BOOLEAN;
            default -> null;
          };
    }
    return Optional.ofNullable(kind).map(known -> new ColumnType(known, null));
  }

  /** What a query returns, by the driver's name of its type; text for whatever is not known. */
  static ColumnType ofResult(String typeName) {
    if (typeName.startsWith("_")) {
      return array(typeName.substring(1)).orElse(new ColumnType(Kind.TEXT, null));
    }
    return new ColumnType(BY_NAME.getOrDefault(typeName, Kind.TEXT), null);
  }

  private static Optional<ColumnType> array(String element) {
    return Optional.ofNullable(BY_NAME.get(element))
        .filter(kind -> !NOT_IN_ARRAYS.contains(kind))
        .map(kind -> new ColumnType(Kind.ARRAY, kind));
  }

  /** Whether text may be cast to the type to find the row again. */
  boolean findable() {
    return kind == Kind.NUMBER || kind == Kind.TEXT || kind == Kind.BOOLEAN;
  }

  /** SQL that writes an expression as {@link ValueText} reads it. */
  String select(String expression) {
    return switch (kind) {
      case JSON -> expression + "::text";
      case ARRAY -> "to_json(" + expression + ")::text";
      case BYTES -> "encode(" + expression + ", 'hex')";
      // Not ::text, which would cut the blanks of char(n) and write times as the session likes
      // them.
      default -> "(to_json(" + expression + ") #>> '{}')";
    };
  }
}
