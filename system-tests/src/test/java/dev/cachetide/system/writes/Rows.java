package dev.cachetide.system.writes;

import dev.cachetide.sandbox.SandboxPostgres;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** What stands in Postgres. A connection for each question: the server may be killed in between. */
final class Rows {

  private static final int SHOWN = 20;

  private final SandboxPostgres postgres;

  Rows(SandboxPostgres postgres) {
    this.postgres = postgres;
  }

  void run(List<String> statements) throws SQLException {
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /** How far each partition was applied, as the worker's group has it. */
  Map<Integer, Long> applied(String group) throws SQLException {
    Map<Integer, Long> applied = new HashMap<>();
    for (Map<String, String> row :
        ask("SELECT * FROM cachetide.consumer_offset WHERE \"group\" = '" + group + "'")) {
      applied.put(Integer.valueOf(row.get("partition")), Long.valueOf(row.get("next_offset")));
    }
    return applied;
  }

  /** The SQLState of each dead letter, by partition and offset. */
  SortedMap<String, String> deadLetters() throws SQLException {
    SortedMap<String, String> found = new TreeMap<>();
    for (Map<String, String> row : ask("SELECT * FROM cachetide.dead_letter")) {
      found.put(row.get("partition") + "/" + row.get("record_offset"), row.get("sqlstate"));
    }
    return found;
  }

  /** How the tables differ from a model's; empty when they agree on every row. */
  List<String> differences(Model model) throws SQLException {
    List<String> differences = new ArrayList<>();
    for (Tables table : Tables.ALL) {
      SortedMap<String, SortedMap<String, String>> wanted =
          new TreeMap<>(model.tables().get(table.name()));
      for (SortedMap<String, String> row : ask("SELECT * FROM " + table.name())) {
        SortedMap<String, String> expected = wanted.remove(table.key(row));
        if (!row.equals(expected)) {
          differences.add(table.name() + ": " + row + " and not " + expected);
        }
      }
      wanted.values().forEach(row -> differences.add(table.name() + ": no " + row));
    }
    return differences.size() > SHOWN ? differences.subList(0, SHOWN) : differences;
  }

  /** Each row as text by column; NULL is the text {@code null}. */
  List<SortedMap<String, String>> ask(String sql) throws SQLException {
    List<SortedMap<String, String>> rows = new ArrayList<>();
    try (Connection connection = postgres.connect();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      while (result.next()) {
        SortedMap<String, String> row = new TreeMap<>();
        for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
          row.put(result.getMetaData().getColumnName(i), String.valueOf(result.getString(i)));
        }
        rows.add(row);
      }
    }
    return rows;
  }
}
