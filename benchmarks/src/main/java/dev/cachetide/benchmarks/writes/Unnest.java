package dev.cachetide.benchmarks.writes;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collection;

/** An upsert by arrays of the columns' own types, as one writes it by hand for one table. */
final class Unnest implements AutoCloseable {

  private static final String UPSERT =
      "INSERT INTO bench (id, name, price, stock)"
          + " SELECT * FROM unnest(?::bigint[], ?::text[], ?::numeric[], ?::int[])"
          + Row.ON_CONFLICT;

  private final Connection connection;
  private final PreparedStatement upsert;

  Unnest(Connection connection) throws SQLException {
    this.connection = connection;
    this.upsert = connection.prepareStatement(UPSERT);
  }

  /** Writes rows with different ids. */
  void write(Collection<Row> rows) throws SQLException {
    Long[] ids = new Long[rows.size()];
    String[] names = new String[rows.size()];
    BigDecimal[] prices = new BigDecimal[rows.size()];
    Integer[] stocks = new Integer[rows.size()];
    int i = 0;
    for (Row row : rows) {
      ids[i] = row.id();
      names[i] = row.name();
      prices[i] = row.price();
      stocks[i++] = row.stock();
    }
    upsert.setArray(1, connection.createArrayOf("bigint", ids));
    upsert.setArray(2, connection.createArrayOf("text", names));
    upsert.setArray(3, connection.createArrayOf("numeric", prices));
    upsert.setArray(4, connection.createArrayOf("int", stocks));
    upsert.executeUpdate();
  }

  @Override
  public void close() throws SQLException {
    upsert.close();
  }
}
