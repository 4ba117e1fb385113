package dev.cachetide.invalidation.rules;

import dev.cachetide.runtime.postgres.Catalog;
import dev.cachetide.runtime.postgres.ColumnInfo;
import dev.cachetide.runtime.postgres.ReplicaIdentity;
import dev.cachetide.runtime.postgres.TableInfo;
import dev.cachetide.wire.TableName;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What Postgres said about the tables of some rules at one moment.
 *
 * @param catalog of the rules' tables
 * @param leaves the partitions that hold the rows, by partitioned table
 * @param published what the pipeline's publication says of each of its tables; empty when there is
 *     no such publication
 */
public record CatalogFacts(
    Catalog catalog,
    Map<TableName, List<TableInfo>> leaves,
    Map<TableName, PublishedTable> published) {

  /** Copies the maps. */
  public CatalogFacts {
    leaves = Map.copyOf(leaves);
    published = Map.copyOf(published);
  }

  /** The relations that hold a table's rows: itself, or its leaf partitions. */
  List<TableInfo> storage(TableInfo table) {
    return table.kind() == 'p' ? leaves.getOrDefault(table.name(), List.of()) : List.of(table);
  }

  /** What the WAL tells of old rows, whichever relation holds them. */
  public ReplicaColumns identity(TableInfo table) {
    List<TableInfo> storage = storage(table);
    Set<String> columns = new HashSet<>(table.columns().stream().map(ColumnInfo::name).toList());
    storage.forEach(each -> columns.retainAll(each.replicaIdentityColumns()));
    return new ReplicaColumns(
        columns, storage.stream().allMatch(each -> each.replicaIdentity() == ReplicaIdentity.FULL));
  }

  Optional<PublishedTable> published(TableName table) {
    return Optional.ofNullable(published.get(table));
  }

  /**
   * A table of a publication.
   *
   * @param columns that it sends; those with a generated value only from Postgres 18 on, when asked
   *     to
   * @param filtered whether it leaves rows out
   */
  public record PublishedTable(List<String> columns, boolean filtered) {
    /** Copies the list. */
    public PublishedTable {
      columns = List.copyOf(columns);
    }
  }
}
