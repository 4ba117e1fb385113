package dev.cachetide.writebehind;

import dev.cachetide.wire.TableName;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The listed tables as Postgres had them at one moment.
 *
 * @param tables listed and usable
 * @param unusable listed and not usable, with the reason
 */
record WriteCatalog(Map<TableName, TargetTable> tables, Map<TableName, String> unusable) {

  /** Copies the maps. */
  WriteCatalog {
    tables = Map.copyOf(tables);
    unusable = Map.copyOf(unusable);
  }

  static WriteCatalog of(Iterable<TargetTable> tables) {
    Map<TableName, TargetTable> byName = new HashMap<>();
    tables.forEach(table -> byName.put(table.name(), table));
    return new WriteCatalog(byName, Map.of());
  }

  Optional<TargetTable> table(TableName name) {
    return Optional.ofNullable(tables.get(name));
  }

  /** Why commands for a table that {@link #table} does not find are refused. */
  String refusal(TableName name) {
    String reason = unusable.get(name);
    return reason == null ? "table is not listed for writes" : reason;
  }
}
