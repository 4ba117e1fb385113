package dev.cachetide.invalidation.rules;

import dev.cachetide.key.Reference;
import dev.cachetide.runtime.postgres.ColumnInfo;
import dev.cachetide.runtime.postgres.TableInfo;
import java.util.Optional;
import java.util.Set;

/** Whether what a template makes of a column fits the column's type. Pure. */
final class ColumnTypes {

  private static final Set<String> JSON = Set.of("json", "jsonb");
  private static final Set<String> DATES = Set.of("date", "timestamp", "timestamptz");

  private ColumnTypes() {}

  /** What does not fit; empty when all does. The column exists. */
  static Optional<Mistake> mistake(Reference reference, TableInfo table) {
    ColumnInfo column = table.column(reference.column()).orElseThrow();
    boolean array = column.typeCategory() == 'A';
    String first = reference.formats().isEmpty() ? "" : reference.formats().get(0).toString();
    if (reference.each() && !array) {
      return mistake(column, "no array, so it has no elements", "remove the []");
    }
    String element = array ? column.typeName().replaceFirst("^_", "") : column.typeName();
    if (first.startsWith("json:") && !JSON.contains(element) && column.typeCategory() != 'S') {
      return mistake(column, "no JSON", "name a json or jsonb column, or remove the format");
    }
    if (first.startsWith("date:") && !DATES.contains(element)) {
      return mistake(
          column, "neither date nor timestamp", "name such a column, or remove the format");
    }
    if (array && !reference.each() && !reference.formats().isEmpty()) {
      return mistake(
          column, "an array, and a format is for one value", "write " + reference.column() + "[]");
    }
    return Optional.empty();
  }

  private static Optional<Mistake> mistake(ColumnInfo column, String is, String fix) {
    return Optional.of(
        new Mistake(
            "column " + column.name() + " of type " + column.typeName() + " is " + is, fix));
  }

  /** What is wrong and what to write instead. */
  record Mistake(String message, String fix) {}
}
