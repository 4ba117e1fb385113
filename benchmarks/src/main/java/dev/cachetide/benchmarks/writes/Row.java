package dev.cachetide.benchmarks.writes;

import java.math.BigDecimal;
import java.util.Map;

/**
 * What one command writes.
 *
 * @param name different in every command, so that the last one can be told from those before it
 */
record Row(long id, String name, BigDecimal price, int stock) {

  static final String TABLE = "bench";

  static final String CREATE =
      "CREATE TABLE bench (id bigint PRIMARY KEY, name text NOT NULL,"
          + " price numeric(10,2) NOT NULL, stock int NOT NULL)";

  static final String ON_CONFLICT =
      " ON CONFLICT (id) DO UPDATE SET name = excluded.name, price = excluded.price,"
          + " stock = excluded.stock";

  /** The row that the command with this number writes. */
  static Row of(int command, long id) {
    return new Row(
        id, "product " + command, BigDecimal.valueOf(100 + command % 99_900, 2), command % 1_000);
  }

  Map<String, Object> columns() {
    return Map.of("name", name, "price", price, "stock", stock);
  }
}
