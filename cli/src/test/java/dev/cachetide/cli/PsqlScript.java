package dev.cachetide.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The little of psql that a script of ours is written in: variables, \set, \ir and \gexec. */
final class PsqlScript {

  private static final Pattern VARIABLE = Pattern.compile("(?<!:):(\"(\\w+)\"|'(\\w+)'|([a-z_]+))");

  private final Map<String, String> variables;
  private final Connection connection;

  PsqlScript(Connection connection, Map<String, String> variables) {
    this.connection = connection;
    this.variables = new HashMap<>(variables);
  }

  void run(Path file) throws IOException, SQLException {
    StringBuilder sql = new StringBuilder();
    for (String line : Files.readAllLines(file)) {
      if (line.startsWith("\\set ")) {
        String[] words = line.split(" ", 3);
        variables.putIfAbsent(words[1], words[2].replace("''", ""));
      } else if (line.startsWith("\\ir ")) {
        execute(Files.readString(file.resolveSibling(line.substring(4))));
      } else if (line.equals("\\gexec")) {
        for (String each : rows(filled(sql.toString()))) {
          execute(each);
        }
        sql.setLength(0);
      } else if (!line.startsWith("\\") && !line.startsWith("--")) {
        sql.append(line).append('\n');
        if (line.endsWith(";")) {
          execute(filled(sql.toString()));
          sql.setLength(0);
        }
      }
    }
  }

  private String filled(String sql) {
    return VARIABLE
        .matcher(sql)
        .replaceAll(
            match -> {
              String text =
                  match.group(2) != null
                      ? '"' + value(match.group(2)) + '"'
                      : match.group(3) != null
                          ? "'" + value(match.group(3)) + "'"
                          : value(match.group(4));
              return Matcher.quoteReplacement(text);
            });
  }

  private String value(String name) {
    String value = variables.get(name);
    if (value == null) {
      throw new IllegalArgumentException("the script wants the variable " + name);
    }
    return value;
  }

  private List<String> rows(String sql) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      while (row.next()) {
        rows.add(row.getString(1));
      }
    }
    return rows;
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
