package dev.cachetide.system.oracle;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cachetide.system.oracle.Change.Row;
import dev.cachetide.system.oracle.ColumnKind.Making;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Looks at every row of a case's tables inside the transaction that changes them, and tells what
 * became of each between two looks. It knows nothing of WAL, events or images.
 */
final class Eye implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final List<Table> tables;
  private final PreparedStatement look;

  Eye(Connection connection, List<Table> tables) throws SQLException {
    this.tables = tables;
    this.look =
        connection.prepareStatement(
            IntStream.range(0, tables.size())
                .mapToObj(i -> tables.get(i).look(i))
                .collect(Collectors.joining(" UNION ALL ")));
  }

  /** Every row as it is now, by table and rid. */
  List<Map<Integer, Row>> look() throws SQLException {
    List<Map<Integer, Row>> rows = new ArrayList<>();
    tables.forEach(table -> rows.add(new HashMap<>()));
    try (ResultSet found = look.executeQuery()) {
      while (found.next()) {
        int table = found.getInt(1);
        rows.get(table)
            .put(
                found.getInt(2),
                new Row(
                    found.getInt(3) + found.getString(4),
                    found.getInt(3),
                    texts(tables.get(table), found.getString(5))));
      }
    }
    return rows;
  }

  private static Map<String, List<String>> texts(Table table, String json) {
    Map<String, List<String>> texts = new HashMap<>();
    int at = 0;
    try {
      JsonNode all = JSON.readTree(json);
      for (Table.Column column : table.columns()) {
        for (Making making : column.kind().makings) {
          List<String> each = new ArrayList<>();
          all.get(at)
              .forEach(node -> each.add(node.isNull() ? null : making.finish(node.textValue())));
          texts.put(column.name() + "\n" + making.spelling(), each);
          at++;
        }
      }
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Postgres wrote JSON that cannot be read", e);
    }
    return texts;
  }

  /** A row that changes its primary key, or its place among partitions, goes and comes anew. */
  List<Change> changes(List<Map<Integer, Row>> before, List<Map<Integer, Row>> after) {
    List<Change> changes = new ArrayList<>();
    for (int table = 0; table < tables.size(); table++) {
      Map<Integer, Row> now = after.get(table);
      int number = table;
      before.get(table).forEach((rid, row) -> add(number, row, now.get(rid), changes));
      for (Map.Entry<Integer, Row> each : now.entrySet()) {
        if (!before.get(table).containsKey(each.getKey())) {
          changes.add(new Change(table, "create", null, each.getValue()));
        }
      }
    }
    return changes;
  }

  private void add(int table, Row old, Row now, List<Change> changes) {
    if (now == null) {
      changes.add(new Change(table, "delete", old, null));
    } else if (old.relation() != now.relation() || !key(table, old).equals(key(table, now))) {
      changes.add(new Change(table, "delete", old, null));
      changes.add(new Change(table, "create", null, now));
    } else if (!Objects.equals(old.place(), now.place())) {
      changes.add(new Change(table, "update", old, now));
    }
  }

  private List<String> key(int table, Row row) {
    return tables.get(table).key().stream().map(row::text).toList();
  }

  @Override
  public void close() throws SQLException {
    look.close();
  }
}
