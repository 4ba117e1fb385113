package dev.cachetide.invalidation.lookup;

import dev.cachetide.invalidation.lookup.ForeignKeys.ForeignKey;
import dev.cachetide.invalidation.lookup.LookupCompiler.Refused;
import dev.cachetide.invalidation.rules.Relation;
import dev.cachetide.runtime.postgres.Catalog;
import dev.cachetide.runtime.postgres.ColumnInfo;
import dev.cachetide.runtime.postgres.TableInfo;
import dev.cachetide.runtime.settings.Spelling;
import dev.cachetide.wire.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Collectors;

/** Completes a {@code through} from the catalogue: which columns point at which. */
final class Relations {

  private final Connection connection;
  private final Relation.Through through;
  private final TableInfo source;

  Relations(Connection connection, Relation.Through through, TableInfo source) {
    this.connection = connection;
    this.through = through;
    this.source = source;
  }

  /** As the file gives it, or the declared one that it leaves to the catalogue. */
  ForeignKey key() throws Refused, SQLException {
    TableInfo related =
        Catalog.load(connection, List.of(through.table()))
            .table(through.table())
            .orElseThrow(
                () ->
                    new Refused(
                        "there is no table " + name(through.table()),
                        "correct schema or table, or create it first"));
    for (String column : through.columns()) {
      requireColumn(related, column);
    }
    if (!through.references().isEmpty()) {
      for (String column : through.references()) {
        requireColumn(source, column);
      }
      return new ForeignKey("", through.columns(), through.references());
    }
    List<ForeignKey> declared = ForeignKeys.load(connection, through.table(), source.name());
    return through.columns().isEmpty() ? only(declared) : over(declared);
  }

  private ForeignKey only(List<ForeignKey> declared) throws Refused {
    if (declared.size() == 1) {
      return declared.get(0);
    }
    String pair = name(through.table()) + " to " + name(source.name());
    throw declared.isEmpty()
        ? new Refused(
            "there is no foreign key from " + pair,
            "name the columns: through: { table: "
                + through.table().table()
                + ", columns: […], references: […] }")
        : new Refused(
            "there are " + declared.size() + " foreign keys from " + pair + ": " + told(declared),
            "choose one: through: { table: "
                + through.table().table()
                + ", columns: "
                + declared.get(0).columns()
                + " }");
  }

  private static String told(List<ForeignKey> declared) {
    return declared.stream()
        .map(key -> key.name() + " " + key.columns())
        .collect(Collectors.joining(", "));
  }

  /** The declared one over these columns, in any order; else they are the primary key's. */
  private ForeignKey over(List<ForeignKey> declared) throws Refused {
    for (ForeignKey key : declared) {
      if (key.columns().size() == through.columns().size()
          && new HashSet<>(key.columns()).equals(new HashSet<>(through.columns()))) {
        return key;
      }
    }
    if (source.primaryKey().size() == through.columns().size()) {
      return new ForeignKey("", through.columns(), source.primaryKey());
    }
    throw new Refused(
        "no foreign key says what "
            + through.columns()
            + " of "
            + name(through.table())
            + " point at",
        "add references: […], columns of " + name(source.name()));
  }

  private static void requireColumn(TableInfo table, String column) throws Refused {
    if (table.column(column).isEmpty()) {
      List<String> names = table.columns().stream().map(ColumnInfo::name).toList();
      throw new Refused(
          name(table.name()) + " has no column " + column,
          Spelling.nearest(column, names)
              .map(nearest -> "did you mean " + nearest + "?")
              .orElse("use one of " + String.join(", ", names)));
    }
  }

  private static String name(TableName table) {
    return table.schema() + "." + table.table();
  }
}
