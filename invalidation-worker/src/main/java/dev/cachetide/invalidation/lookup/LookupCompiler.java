package dev.cachetide.invalidation.lookup;

import dev.cachetide.invalidation.lookup.ForeignKeys.ForeignKey;
import dev.cachetide.invalidation.rules.FanOut;
import dev.cachetide.invalidation.rules.Relation;
import dev.cachetide.runtime.postgres.ColumnInfo;
import dev.cachetide.runtime.postgres.Identifiers;
import dev.cachetide.runtime.postgres.TableInfo;
import dev.cachetide.runtime.settings.Spelling;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Turns a {@code fan_out} into one statement that asks for a whole batch.
 *
 * <p>The statement takes an array for each column of the changed row and asks for every element by
 * itself ({@code CROSS JOIN LATERAL}), with a limit. So an element with too many rows is noticed
 * without reading them all, and does not take the others along; and a query means the same however
 * many events share it. The values are bound; the only text from outside that becomes SQL is the
 * operator's query, whose brackets match, and names of the catalogue, quoted.
 *
 * <p>Runs statements only to describe them; the connection is the caller's and read-only.
 */
final class LookupCompiler {

  private static final String SOURCE = "cachetide_source";
  private static final String ROWS = "cachetide_rows";

  private final Connection connection;

  LookupCompiler(Connection connection) {
    this.connection = connection;
  }

  /**
   * The statement.
   *
   * @param source the changed rows' table
   * @throws Refused when it does not fit the database
   * @throws SQLException when the server is away
   */
  CompiledLookup compile(FanOut fanOut, TableInfo source) throws Refused, SQLException {
    if (fanOut.relation() instanceof Relation.Query query) {
      List<String> columns = query.sql().parameters();
      String sql = query.sql().render(name -> "ARRAY[" + element(columns, name) + "]");
      return describe(fanOut, parameters(source, columns), sql);
    }
    Relation.Through through = (Relation.Through) fanOut.relation();
    ForeignKey key = new Relations(connection, through, source).key();
    List<String> columns = key.references().stream().distinct().toList();
    return describe(fanOut, parameters(source, columns), through(through, key, columns));
  }

  private static String element(List<String> columns, String name) {
    return SOURCE + ".c" + columns.indexOf(name);
  }

  private static String through(Relation.Through through, ForeignKey key, List<String> columns) {
    List<String> conditions = new ArrayList<>();
    for (int i = 0; i < key.columns().size(); i++) {
      String column = Identifiers.quoted(key.columns().get(i));
      conditions.add("r." + column + " = " + element(columns, key.references().get(i)));
    }
    return "SELECT r.* FROM "
        + Identifiers.quoted(through.table())
        + " AS r WHERE "
        + String.join(" AND ", conditions);
  }

  /** One value of a row each, and nothing that unnest would take apart. */
  private static List<ColumnInfo> parameters(TableInfo source, List<String> names) throws Refused {
    List<ColumnInfo> columns = new ArrayList<>();
    for (String name : names) {
      ColumnInfo column = column(source, name);
      if (column.typeCategory() == 'A' || column.typeCategory() == 'C') {
        throw new Refused(
            "the column " + name + " is an array or a row, which no lookup can take",
            "look up by a column with a single value");
      }
      columns.add(column);
    }
    return columns;
  }

  private static ColumnInfo column(TableInfo source, String name) throws Refused {
    Optional<ColumnInfo> column = source.column(name);
    if (column.isEmpty()) {
      List<String> names = source.columns().stream().map(ColumnInfo::name).toList();
      throw new Refused(
          source.name().schema() + "." + source.name().table() + " has no column " + name,
          Spelling.nearest(name, names)
              .map(nearest -> "did you mean :" + nearest + "?")
              .orElse("use one of " + String.join(", ", names)));
    }
    return column.get();
  }

  private CompiledLookup describe(FanOut fanOut, List<ColumnInfo> parameters, String related)
      throws Refused, SQLException {
    String arrays =
        parameters.stream()
            .map(column -> "?::" + column.quotedType() + "[]")
            .collect(Collectors.joining(", "));
    String elements =
        IntStream.range(0, parameters.size())
            .mapToObj(i -> "c" + i + ", ")
            .collect(Collectors.joining());
    // The query has lines of its own: it may end in a comment.
    String from =
        String.format(
            " FROM unnest(%s) WITH ORDINALITY AS %s(%sn)"
                + " CROSS JOIN LATERAL (SELECT * FROM (\n%s\n) AS %s LIMIT %d) AS %s",
            arrays, SOURCE, elements, related, ROWS, fanOut.cap() + 1, ROWS);
    List<String> columns = fanOut.eviction().template().columns().stream().distinct().toList();
    Map<String, String> types = types("SELECT " + ROWS + ".*" + from, columns);
    StringBuilder select = new StringBuilder("SELECT " + SOURCE + ".n");
    for (String name : columns) {
      String value = ROWS + "." + Identifiers.quoted(name);
      select.append(", ").append(KeyText.of(value, String.valueOf(types.get(name))));
    }
    return new CompiledLookup(fanOut, parameters, columns, select + from);
  }

  /** The result's types by column; Postgres checks the whole statement for it. */
  private Map<String, String> types(String sql, List<String> wanted) throws Refused, SQLException {
    Map<String, String> types = new HashMap<>();
    Set<String> twice = new HashSet<>();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      ResultSetMetaData result = statement.getMetaData();
      for (int i = 1; i <= result.getColumnCount(); i++) {
        if (types.put(result.getColumnLabel(i), result.getColumnTypeName(i)) != null) {
          twice.add(result.getColumnLabel(i));
        }
      }
    }
    for (String name : wanted) {
      if (!types.containsKey(name)) {
        throw new Refused(
            "the template needs the column " + name + ", which the related rows do not have",
            Spelling.nearest(name, types.keySet())
                .map(nearest -> "did you mean {" + nearest + "}?")
                .orElse("select it"));
      }
      if (twice.contains(name)) {
        throw new Refused("the query selects two columns " + name, "give one another name");
      }
    }
    return types;
  }

  /** A lookup that does not fit the database. */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    private final String fix;

    Refused(String message, String fix) {
      super(message, null, false, false);
      this.fix = fix;
    }

    String message() {
      return String.valueOf(getMessage());
    }

    String fix() {
      return fix;
    }
  }
}
