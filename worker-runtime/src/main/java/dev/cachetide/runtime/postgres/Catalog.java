package dev.cachetide.runtime.postgres;

import dev.cachetide.wire.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What Postgres's catalogue said about some tables at one moment. Immutable. */
public final class Catalog {

  private final Map<TableName, TableInfo> tables;

  private Catalog(Map<TableName, TableInfo> tables) {
    this.tables = tables;
  }

  /** A catalogue of these tables, for a test or a plan. */
  public static Catalog of(Collection<TableInfo> tables) {
    Map<TableName, TableInfo> byName = new TreeMap<>();
    tables.forEach(table -> byName.put(table.name(), table));
    return new Catalog(byName);
  }

  /**
   * Asks about these tables in one statement.
   *
   * @throws SQLException when the server is away
   */
  public static Catalog load(Connection connection, Collection<TableName> names)
      throws SQLException {
    return of(CatalogQuery.run(connection, names));
  }

  /** Empty when no relation of that name was found. */
  public Optional<TableInfo> table(TableName name) {
    return Optional.ofNullable(tables.get(name));
  }

  /** Those found, by name. */
  public List<TableInfo> tables() {
    return List.copyOf(tables.values());
  }
}
