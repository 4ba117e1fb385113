package dev.cachetide.writebehind;

import dev.cachetide.wire.TableName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns what commands say of columns into {@link Columns}. The names are looked up and sorted once
 * for all commands that name the same columns in the same order, which most do.
 *
 * <p>For tables of one catalogue. Not safe for concurrent use.
 */
final class Shapes {

  private final Map<TableName, Shape> last = new HashMap<>();

  /**
   * The columns' values, converted.
   *
   * @throws MisfitException when a column does not exist or cannot be written, or a value does not
   *     fit
   */
  <V extends @Nullable Object, T extends @Nullable Object> Columns<T> columns(
      TargetTable table, Map<String, V> given, Conversion<V, T> conversion) throws MisfitException {
    if (given.isEmpty()) {
      return Columns.none();
    }
    List<String> names = new ArrayList<>(given.size());
    List<V> values = new ArrayList<>(given.size());
    given.forEach(
        (name, value) -> {
          names.add(name);
          values.add(value);
        });
    Shape shape = shape(table, names);
    @Nullable Object[] converted = new Object[names.size()];
    for (int i = 0; i < converted.length; i++) {
      TargetColumn column = shape.columns.get(i);
      try {
        converted[shape.places.get(i)] = conversion.of(column.type(), values.get(i));
      } catch (MisfitException e) {
        throw e.in(column.name());
      }
    }
    return new Columns<>(shape.sorted, converted);
  }

  private Shape shape(TargetTable table, List<String> names) throws MisfitException {
    Shape shape = last.get(table.name());
    if (shape == null || !shape.given.equals(names)) {
      shape = Shape.of(table, names);
      last.put(table.name(), shape);
    }
    return shape;
  }

  /** A JSON value as the column's type has it. */
  interface Conversion<V extends @Nullable Object, T extends @Nullable Object> {
    @Nullable T of(PgType type, V value) throws MisfitException;
  }

  /**
   * Names in the order that commands give them.
   *
   * @param places where each stands in {@code sorted}
   */
  private record Shape(
      List<String> given, List<TargetColumn> columns, List<Integer> places, List<String> sorted) {

    static Shape of(TargetTable table, List<String> given) throws MisfitException {
      List<TargetColumn> columns = new ArrayList<>(given.size());
      for (String name : given) {
        columns.add(writable(table, name));
      }
      List<String> sorted = given.stream().sorted().toList();
      return new Shape(given, columns, given.stream().map(sorted::indexOf).toList(), sorted);
    }

    private static TargetColumn writable(TargetTable table, String name) throws MisfitException {
      TargetColumn column = table.column(name);
      if (column == null) {
        throw new MisfitException("column '" + name + "' does not exist");
      }
      if (column.generated()) {
        throw new MisfitException("column '" + name + "' is generated always");
      }
      return column;
    }
  }
}
