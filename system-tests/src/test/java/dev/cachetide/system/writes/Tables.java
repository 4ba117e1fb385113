package dev.cachetide.system.writes;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A table of the world.
 *
 * @param keys its key columns
 * @param defaults of the other columns, as text
 * @param parents the table that each referring column refers to
 * @param dependents tables whose rows a deletion takes along
 */
record Tables(
    String name,
    List<String> keys,
    Map<String, String> defaults,
    Map<String, String> parents,
    List<String> dependents) {

  private static final String NULL = "null";

  static final List<Tables> ALL =
      List.of(
          new Tables("customers", List.of("id"), columns("name", NULL, "credit", "0")),
          new Tables("products", List.of("id"), columns("sku", NULL, "stock", "0")),
          new Tables(
              "orders",
              List.of("id"),
              columns("customer", NULL, "status", "placed", "total", "0"),
              Map.of("customer", "customers"),
              List.of("items")),
          new Tables(
              "items",
              List.of("order_id", "line"),
              columns("product", NULL, "quantity", "1"),
              Map.of("order_id", "orders", "product", "products"),
              List.of()),
          new Tables(
              "ledger",
              List.of("account"),
              columns("balance", "0", "hits", "0", "note", NULL),
              Map.of("account", "customers"),
              List.of()));

  /** A repetition shows in {@code ledger} as a second row, too: nothing there is unique. */
  static final List<String> DDL =
      List.of(
          "DROP TABLE IF EXISTS ledger, items, orders, products, customers",
          "CREATE TABLE customers (id bigint PRIMARY KEY, name text, credit bigint DEFAULT 0)",
          "CREATE TABLE products (id bigint PRIMARY KEY, sku text UNIQUE, stock bigint DEFAULT 0)",
          "CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint NOT NULL REFERENCES customers,"
              + " status text DEFAULT 'placed', total bigint DEFAULT 0)",
          "CREATE INDEX ON orders (customer)",
          "CREATE TABLE items (order_id bigint REFERENCES orders ON DELETE CASCADE, line int,"
              + " product bigint NOT NULL REFERENCES products, quantity bigint DEFAULT 1,"
              + " PRIMARY KEY (order_id, line))",
          "CREATE INDEX ON items (product)",
          "CREATE TABLE ledger (account bigint NOT NULL REFERENCES customers,"
              + " balance bigint DEFAULT 0, hits bigint DEFAULT 0, note text)",
          "CREATE INDEX ON ledger (account)");

  private Tables(String name, List<String> keys, Map<String, String> defaults) {
    this(name, keys, defaults, Map.of(), List.of());
  }

  static Tables of(String name) {
    return ALL.stream().filter(table -> table.name.equals(name)).findAny().orElseThrow();
  }

  /** As {@code writes:} lists it. */
  String listed() {
    return "  - { table: public." + name + ", key: [" + String.join(", ", keys) + "] }\n";
  }

  String key(Map<String, ?> row) {
    return keys.stream().map(column -> text(row.get(column))).collect(Collectors.joining("/"));
  }

  /** A new row, before anything is set. */
  SortedMap<String, String> fresh(Map<String, Object> key) {
    SortedMap<String, String> row = new TreeMap<>(defaults);
    key.forEach((column, value) -> row.put(column, text(value)));
    return row;
  }

  static String text(@Nullable Object value) {
    return value instanceof BigDecimal number ? number.toPlainString() : String.valueOf(value);
  }

  private static Map<String, String> columns(String... namesAndDefaults) {
    Map<String, String> columns = new TreeMap<>();
    for (int i = 0; i < namesAndDefaults.length; i += 2) {
      columns.put(namesAndDefaults[i], namesAndDefaults[i + 1]);
    }
    return columns;
  }
}
