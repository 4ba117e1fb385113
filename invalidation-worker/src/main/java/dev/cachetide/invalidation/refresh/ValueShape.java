package dev.cachetide.invalidation.refresh;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.runtime.postgres.ColumnInfo;
import dev.cachetide.runtime.postgres.TableInfo;
import dev.cachetide.runtime.settings.RefreshSettings;
import dev.cachetide.runtime.settings.RefreshSettings.As;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * What a value of one refresh is made of, so that a row gives the same bytes whether an event or a
 * query told it. Immutable.
 */
public final class ValueShape {

  private final List<Field> fields;
  private final As as;
  private final String type;

  private ValueShape(List<Field> fields, As as, @Nullable String type) {
    this.fields = List.copyOf(fields);
    this.as = as;
    this.type = type == null ? "" : type;
  }

  /** One column of a value. */
  record Field(String name, String column, ColumnType type) {}

  /**
   * The shape of a table's rows. Columns that the table has not, or whose type has no common form,
   * are left out: the check against the catalogue has refused them.
   */
  public static ValueShape of(RefreshSettings settings, TableInfo table) {
    List<Field> fields = new ArrayList<>();
    for (RefreshSettings.Column column : columns(settings, table)) {
      Optional<ColumnType> type = table.column(column.column()).flatMap(ColumnType::of);
      type.ifPresent(known -> fields.add(new Field(column.name(), column.column(), known)));
    }
    return new ValueShape(fields, settings.as(), settings.type());
  }

  /** Those that a value is to hold; of a table's columns the generated ones are never told. */
  static List<RefreshSettings.Column> columns(RefreshSettings settings, TableInfo table) {
    return settings.columns().isEmpty()
        ? table.columns().stream()
            .filter(column -> !column.generated())
            .map(ColumnInfo::name)
            .map(name -> new RefreshSettings.Column(name, name))
            .toList()
        : settings.columns();
  }

  /** The shape of a query's rows, by the columns that it returns. */
  static ValueShape ofResult(RefreshSettings settings, Map<String, ColumnType> result) {
    List<Field> fields = new ArrayList<>();
    if (settings.columns().isEmpty()) {
      result.forEach((column, type) -> fields.add(new Field(column, column, type)));
    }
    for (RefreshSettings.Column column : settings.columns()) {
      ColumnType type = result.get(column.column());
      if (type != null) {
        fields.add(new Field(column.name(), column.column(), type));
      }
    }
    return new ValueShape(fields, settings.as(), settings.type());
  }

  List<Field> fields() {
    return fields;
  }

  /** The columns that a row must tell to be rendered, and for its life. */
  public List<String> needed(RefreshSettings settings) {
    List<String> columns = new ArrayList<>(fields.stream().map(Field::column).toList());
    if (settings.ttlColumn() != null) {
      columns.add(settings.ttlColumn());
    }
    return columns;
  }

  /** What the client's codec calls itself. */
  int schema() {
    return switch (type) {
      case "text" -> 1;
      case "bytes" -> 2;
      default -> {
        CRC32 name = new CRC32();
        name.update(type.getBytes(UTF_8));
        yield (int) name.getValue();
      }
    };
  }

  /**
   * A row's value.
   *
   * @param row text by column; must hold every column of the shape
   * @throws UnrenderableException when it has no form in the cache
   */
  Value render(Map<String, @Nullable String> row) throws UnrenderableException {
    return switch (type) {
      case "text" -> Value.string(single(row).getBytes(UTF_8));
      case "bytes" -> Value.string(bytes(single(row)));
      default -> as == As.HASH ? hash(row) : Value.string(text(object(row)).getBytes(UTF_8));
    };
  }

  private String single(Map<String, @Nullable String> row) throws UnrenderableException {
    String text = row.get(fields.get(0).column());
    if (text == null) {
      throw new UnrenderableException("a value of text or bytes that is NULL");
    }
    return text;
  }

  private static byte[] bytes(String hex) throws UnrenderableException {
    try {
      return ValueText.bytes(hex);
    } catch (IllegalArgumentException e) {
      throw new UnrenderableException("a value that is no bytea");
    }
  }

  private ObjectNode object(Map<String, @Nullable String> row) throws UnrenderableException {
    ObjectNode object = ValueText.JSON.createObjectNode();
    for (Field field : fields) {
      object.set(field.name(), ValueText.json(row.get(field.column()), field.type()));
    }
    return object;
  }

  /** Columns that are NULL have no field. */
  private Value hash(Map<String, @Nullable String> row) throws UnrenderableException {
    List<byte[]> parts = new ArrayList<>();
    for (Map.Entry<String, JsonNode> field : object(row).properties()) {
      JsonNode value = field.getValue();
      if (!value.isNull()) {
        parts.add(field.getKey().getBytes(UTF_8));
        parts.add((value.isTextual() ? value.textValue() : text(value)).getBytes(UTF_8));
      }
    }
    if (parts.isEmpty()) {
      throw new UnrenderableException("a hash without fields: every column is NULL");
    }
    return new Value(true, parts);
  }

  private static String text(JsonNode json) throws UnrenderableException {
    try {
      return ValueText.JSON.writeValueAsString(json);
    } catch (JsonProcessingException e) {
      // Its message may quote the value.
      throw new UnrenderableException("a value that JSON cannot hold");
    }
  }
}
