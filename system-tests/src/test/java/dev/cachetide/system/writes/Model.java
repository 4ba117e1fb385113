package dev.cachetide.system.writes;

import dev.cachetide.wire.WriteCommand;
import java.math.BigDecimal;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The five tables as plain maps, and what one command after the other does to them. Knows nothing
 * of batches, transactions, offsets and workers: it is what the promise says in one sentence.
 */
final class Model {

  /** What Postgres calls a missing parent. */
  private static final String NO_PARENT = "23503";

  private static final String EXISTS = "23505";

  /** A row that is not there is no error to Postgres. */
  private static final String NO_STATE = "null";

  /** The rows of each table by key; each row as text by column, null included. */
  private final SortedMap<String, SortedMap<String, SortedMap<String, String>>> tables =
      new TreeMap<>();

  private final SortedMap<String, String> refused = new TreeMap<>();
  private final Set<String> ids = new HashSet<>();
  private final boolean remembersIds;

  /** Whether a write whose id was there before has no second effect. */
  Model(boolean remembersIds) {
    this.remembersIds = remembersIds;
    Tables.ALL.forEach(table -> tables.put(table.name(), new TreeMap<>()));
  }

  /** Applies the next command of a partition. */
  void apply(int partition, long offset, WriteCommand command) {
    String id = command.id();
    if (id != null && remembersIds && ids.contains(id)) {
      return;
    }
    Optional<String> refusal = apply(command);
    refusal.ifPresent(state -> refused.put(partition + "/" + offset, state));
    if (id != null && refusal.isEmpty()) {
      ids.add(id);
    }
  }

  SortedMap<String, SortedMap<String, SortedMap<String, String>>> tables() {
    return tables;
  }

  /** The SQLState of each command that has no effect, by partition and offset. */
  SortedMap<String, String> refused() {
    return refused;
  }

  private Optional<String> apply(WriteCommand command) {
    Tables table = Tables.of(command.table().table());
    var rows = tables.get(table.name());
    String key = table.key(command.key());
    SortedMap<String, String> row = rows.get(key);
    if (command instanceof WriteCommand.Upsert upsert) {
      SortedMap<String, String> written =
          row == null ? table.fresh(command.key()) : new TreeMap<>(row);
      upsert.set().forEach((column, value) -> written.put(column, Tables.text(value)));
      return put(table, key, written);
    }
    if (command instanceof WriteCommand.Insert insert) {
      if (row != null) {
        return Optional.of(EXISTS);
      }
      SortedMap<String, String> written = table.fresh(command.key());
      insert.set().forEach((column, value) -> written.put(column, Tables.text(value)));
      return put(table, key, written);
    }
    if (row == null) {
      return Optional.of(NO_STATE);
    }
    if (command instanceof WriteCommand.Delete) {
      rows.remove(key);
      table.dependents().forEach(t -> drop(t, table, key));
      return Optional.empty();
    }
    SortedMap<String, String> written = new TreeMap<>(row);
    if (command instanceof WriteCommand.Update update) {
      update.set().forEach((column, value) -> written.put(column, Tables.text(value)));
    } else if (command instanceof WriteCommand.Delta delta) {
      delta.add().forEach((column, amount) -> written.merge(column, sum(amount), Model::add));
    }
    return put(table, key, written);
  }

  private Optional<String> put(Tables table, String key, SortedMap<String, String> row) {
    for (Map.Entry<String, String> parent : table.parents().entrySet()) {
      if (!tables.get(parent.getValue()).containsKey(row.get(parent.getKey()))) {
        return Optional.of(NO_PARENT);
      }
    }
    tables.get(table.name()).put(key, row);
    return Optional.empty();
  }

  /** What a deletion takes along. */
  private void drop(String dependent, Tables parent, String key) {
    Set<String> columns = new TreeSet<>();
    Tables.of(dependent)
        .parents()
        .forEach(
            (column, name) -> {
              if (name.equals(parent.name())) {
                columns.add(column);
              }
            });
    tables
        .get(dependent)
        .values()
        .removeIf(row -> columns.stream().anyMatch(column -> key.equals(row.get(column))));
  }

  private static String sum(BigDecimal amount) {
    return amount.toPlainString();
  }

  private static String add(String a, String b) {
    return new BigDecimal(a).add(new BigDecimal(b)).toPlainString();
  }
}
