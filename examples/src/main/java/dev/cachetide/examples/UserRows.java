package dev.cachetide.examples;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The table {@code users}. Every method is one statement in autocommit on the primary, which is
 * what a loader has to be.
 */
final class UserRows {

  private final DataSource database;

  UserRows(DataSource database) {
    this.database = database;
  }

  @Nullable User byId(long id) throws SQLException {
    return byIds(List.of(id)).get(id);
  }

  /** Those that there are, by id. */
  Map<Long, User> byIds(Collection<Long> ids) throws SQLException {
    try (Connection connection = database.getConnection();
        PreparedStatement select =
            connection.prepareStatement("SELECT id, email, name FROM users WHERE id = ANY(?)")) {
      Array wanted = connection.createArrayOf("bigint", ids.toArray());
      select.setArray(1, wanted);
      Map<Long, User> found = new HashMap<>();
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          found.put(row.getLong("id"), user(row));
        }
      }
      return found;
    }
  }

  @Nullable Long idOf(String email) throws SQLException {
    try (Connection connection = database.getConnection();
        PreparedStatement select =
            connection.prepareStatement("SELECT min(id) FROM users WHERE email = ?")) {
      select.setString(1, email);
      try (ResultSet row = select.executeQuery()) {
        row.next();
        return row.getObject(1, Long.class);
      }
    }
  }

  /**
   * The row as it is now.
   *
   * @throws NoSuchElementException when there is none
   */
  User changeEmail(long id, String email) throws SQLException {
    try (Connection connection = database.getConnection();
        PreparedStatement update =
            connection.prepareStatement(
                "UPDATE users SET email = ? WHERE id = ? RETURNING id, email, name")) {
      update.setString(1, email);
      update.setLong(2, id);
      try (ResultSet row = update.executeQuery()) {
        if (!row.next()) {
          throw new NoSuchElementException("no user " + id);
        }
        return user(row);
      }
    }
  }

  private static User user(ResultSet row) throws SQLException {
    return new User(row.getLong("id"), row.getString("email"), row.getString("name"));
  }
}
