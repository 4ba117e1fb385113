package dev.cachetide.examples;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** The table {@code products}; every method is one statement in autocommit on the primary. */
final class ProductRows {

  private static final String COLUMNS = "id, category, name, price, stock";

  private final DataSource database;

  ProductRows(DataSource database) {
    this.database = database;
  }

  @Nullable Product byId(long id) throws SQLException {
    List<Product> found = products("SELECT " + COLUMNS + " FROM products WHERE id = ?", id);
    return found.isEmpty() ? null : found.get(0);
  }

  List<Product> inCategory(String category) throws SQLException {
    return products(
        "SELECT " + COLUMNS + " FROM products WHERE category = ? ORDER BY id", category);
  }

  /**
   * The row as it is now.
   *
   * @throws NoSuchElementException when there is none
   */
  Product move(long id, String category) throws SQLException {
    return products(
            "UPDATE products SET category = ? WHERE id = ? RETURNING " + COLUMNS, category, id)
        .stream()
        .findFirst()
        .orElseThrow(() -> new NoSuchElementException("no product " + id));
  }

  /**
   * Takes from the stock in one statement, so that no two takers share a piece; how much is left.
   *
   * @throws OutOfStock when there is not as much, or no such product; nothing was changed
   */
  int take(long id, int quantity) throws SQLException, OutOfStock {
    List<Product> taken =
        products(
            "UPDATE products SET stock = stock - ? WHERE id = ? AND stock >= ? RETURNING "
                + COLUMNS,
            quantity,
            id,
            quantity);
    if (taken.isEmpty()) {
      throw new OutOfStock();
    }
    return taken.get(0).stock();
  }

  private List<Product> products(String sql, Object... parameters) throws SQLException {
    try (Connection connection = database.getConnection();
        PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setObject(i + 1, parameters[i]);
      }
      List<Product> products = new ArrayList<>();
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          products.add(
              new Product(
                  row.getLong("id"),
                  row.getString("category"),
                  row.getString("name"),
                  row.getBigDecimal("price"),
                  row.getInt("stock")));
        }
      }
      return products;
    }
  }

  /** Less is left than was asked for. */
  static final class OutOfStock extends Exception {
    private static final long serialVersionUID = 1L;
  }
}
