package dev.cachetide.runtime.postgres;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.cachetide.wire.TableName;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Runs {@code catalog.sql} and turns its rows into values. */
final class CatalogQuery {

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final TypeReference<List<ColumnInfo>> COLUMNS = new TypeReference<>() {};
  private static final TypeReference<List<UniqueIndex>> INDEXES = new TypeReference<>() {};
  private static final String SQL = sql();

  private CatalogQuery() {}

  static List<TableInfo> run(Connection connection, Collection<TableName> names)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(SQL)) {
      statement.setArray(1, texts(connection, names.stream().map(TableName::schema).toList()));
      statement.setArray(2, texts(connection, names.stream().map(TableName::table).toList()));
      try (ResultSet result = statement.executeQuery()) {
        List<TableInfo> found = new ArrayList<>();
        while (result.next()) {
          found.add(table(result));
        }
        return found;
      }
    }
  }

  private static java.sql.Array texts(Connection connection, List<String> values)
      throws SQLException {
    return connection.createArrayOf("text", values.toArray());
  }

  private static TableInfo table(ResultSet row) throws SQLException {
    List<ColumnInfo> columns = read(row.getString(6), COLUMNS);
    List<UniqueIndex> indexes = read(row.getString(7), INDEXES);
    ReplicaIdentity identity = ReplicaIdentity.of(row.getString(5).charAt(0));
    return new TableInfo(
        new TableName(row.getString(1), row.getString(2)),
        row.getString(3).charAt(0),
        row.getString(4).charAt(0),
        columns,
        primaryKey(indexes),
        indexes.stream().map(UniqueIndex::columns).toList(),
        identity,
        identityColumns(identity, columns, indexes));
  }

  private static List<String> primaryKey(List<UniqueIndex> indexes) {
    return indexes.stream()
        .filter(UniqueIndex::primary)
        .map(UniqueIndex::columns)
        .findFirst()
        .orElse(List.of());
  }

  private static List<String> identityColumns(
      ReplicaIdentity identity, List<ColumnInfo> columns, List<UniqueIndex> indexes) {
    return switch (identity) {
      case DEFAULT -> primaryKey(indexes);
      case FULL -> columns.stream().map(ColumnInfo::name).toList();
      case INDEX ->
          indexes.stream()
              .filter(UniqueIndex::replicaIdentity)
              .map(UniqueIndex::columns)
              .findFirst()
              .orElse(List.of());
      case NOTHING -> List.of();
    };
  }

  private static <T> T read(String json, TypeReference<T> type) {
    try {
      return JSON.readValue(json, type);
    } catch (JsonProcessingException e) {
      // Our own SQL wrote it.
      throw new IllegalStateException("catalog.sql and its reader disagree", e);
    }
  }

  private static String sql() {
    try (InputStream in = CatalogQuery.class.getResourceAsStream("catalog.sql")) {
      if (in == null) {
        throw new IllegalStateException("catalog.sql is missing from the class path");
      }
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      // The driver's own mark for a parameter; the file keeps Postgres's, so psql can run it.
      return text.replace("$1", "?").replace("$2", "?");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private record UniqueIndex(boolean primary, boolean replicaIdentity, List<String> columns) {}
}
