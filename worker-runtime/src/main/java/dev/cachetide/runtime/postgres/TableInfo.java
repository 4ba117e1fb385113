package dev.cachetide.runtime.postgres;

import dev.cachetide.wire.TableName;
import java.util.List;
import java.util.Optional;

/**
 * A relation as the catalogue describes it.
 *
 * @param kind {@code pg_class.relkind}: {@code r} table, {@code p} partitioned table, {@code v}
 *     view, {@code m} materialized view, {@code f} foreign table …
 * @param persistence {@code pg_class.relpersistence}: {@code p}ermanent, {@code u}nlogged, {@code
 *     t}emporary
 * @param columns in the table's order
 * @param primaryKey column names in the key's order; empty when there is none
 * @param uniqueIndexes the column names of every valid unique index that is neither partial nor on
 *     an expression, the primary key's included
 * @param replicaIdentity what the WAL tells about old rows
 * @param replicaIdentityColumns the names of those columns
 */
public record TableInfo(
    TableName name,
    char kind,
    char persistence,
    List<ColumnInfo> columns,
    List<String> primaryKey,
    List<List<String>> uniqueIndexes,
    ReplicaIdentity replicaIdentity,
    List<String> replicaIdentityColumns) {

  /** Copies the lists. */
  public TableInfo {
    columns = List.copyOf(columns);
    primaryKey = List.copyOf(primaryKey);
    uniqueIndexes = uniqueIndexes.stream().map(List::copyOf).toList();
    replicaIdentityColumns = List.copyOf(replicaIdentityColumns);
  }

  /** Whether its changes can reach a replication slot at all. */
  public boolean isCapturable() {
    return (kind == 'r' || kind == 'p') && persistence == 'p';
  }

  /** The name, ready for SQL text. */
  public String quotedName() {
    return Identifiers.quoted(name);
  }

  /** The column of that name; empty when the table has none. */
  public Optional<ColumnInfo> column(String columnName) {
    return columns.stream().filter(column -> column.name().equals(columnName)).findFirst();
  }
}
