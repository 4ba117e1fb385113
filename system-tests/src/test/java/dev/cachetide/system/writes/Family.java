package dev.cachetide.system.writes;

import dev.cachetide.wire.WriteCommand;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Rows of five tables that refer to each other, and an endless script of writes to them: every one
 * legal after those before it, but for a few that no state of the tables allows.
 *
 * <p>All writes of a family go under one record key, so one partition has them in this order.
 */
final class Family {

  private static final int CUSTOMERS = 4;
  private static final int PRODUCTS = 4;
  private static final int ORDERS = 6;
  private static final int LINES = 3;

  private final int number;
  private final Random random;
  private final boolean retries;
  private final TreeSet<Long> customers = new TreeSet<>();
  private final Map<Long, String> skus = new TreeMap<>();

  /** Lines of each order and the product of each line. */
  private final Map<Long, Map<Integer, Long>> orders = new TreeMap<>();

  private final Map<Long, Long> customerOf = new HashMap<>();
  private final Queue<WriteCommand> next = new ArrayDeque<>();
  private int written;

  /** {@code retries}: whether some writes have an id and come again. */
  Family(int number, long seed, boolean retries) {
    this.number = number;
    this.random = new Random(seed * 31 + number);
    this.retries = retries;
    for (int i = 0; i < 2; i++) {
      addCustomer(id(i));
    }
    for (int i = 0; i < PRODUCTS; i++) {
      addProduct(id(i), "sku-" + number + "-" + i);
    }
  }

  String recordKey() {
    return "family-" + number;
  }

  /** The next write. */
  WriteCommand write() {
    while (next.isEmpty()) {
      think();
    }
    written++;
    return next.remove();
  }

  private void think() {
    int dice = random.nextInt(1_000);
    if (dice < 3) {
      refused();
    } else if (dice < 360) {
      delta();
    } else if (dice < 380) {
      swap();
    } else if (dice < 390) {
      passOn();
    } else if (dice < 440) {
      customer();
    } else if (dice < 740) {
      order();
    } else {
      line();
    }
  }

  /** What no state of the tables allows, on rows that nothing else touches. */
  private void refused() {
    long nowhere = -1L - number;
    switch (random.nextInt(5)) {
      case 0 -> next.add(WriteCommand.update("orders", key("id", nowhere), Map.of("status", "?")));
      case 3 ->
          next.add(
              WriteCommand.insert(
                  "ledger", key("account", one(customers)), Map.of("note", "there already")));
      case 1 -> next.add(WriteCommand.delete("products", key("id", nowhere)));
      case 2 -> next.add(WriteCommand.upsert("orders", key("id", nowhere), Map.of("customer", -1)));
      default -> next.add(WriteCommand.delta("ledger", key("account", nowhere), Map.of("hits", 1)));
    }
  }

  private void delta() {
    long amount = random.nextInt(2_000) - 1_000L;
    long customer = one(customers);
    switch (random.nextInt(6)) {
      case 0 ->
          next.add(WriteCommand.delta("customers", key("id", customer), Map.of("credit", amount)));
      case 1 ->
          next.add(
              WriteCommand.delta("products", key("id", one(skus.keySet())), Map.of("stock", -1)));
      case 2 -> {
        if (!orders.isEmpty()) {
          long order = one(orders.keySet());
          next.add(WriteCommand.delta("orders", key("id", order), Map.of("total", amount)));
        }
      }
      default -> ledger(customer, amount);
    }
  }

  private void ledger(long customer, long amount) {
    WriteCommand booking =
        WriteCommand.delta(
            "ledger", key("account", customer), Map.of("balance", amount, "hits", 1));
    if (!retries || random.nextInt(8) > 0) {
      next.add(booking);
      return;
    }
    WriteCommand named = booking.withId("booking-" + number + "-" + written);
    next.add(named);
    for (int i = random.nextInt(3); i > 0; i--) {
      next.add(WriteCommand.update("customers", key("id", customer), Map.of("name", text())));
    }
    next.add(named);
  }

  /** Two products exchange what is unique, by way of a third value. */
  private void swap() {
    long a = one(skus.keySet());
    long b = one(skus.keySet());
    if (a == b) {
      return;
    }
    String was = skus.get(a);
    next.add(sku(a, "moving-" + number));
    next.add(sku(b, was));
    next.add(sku(a, skus.get(b)));
    skus.put(a, skus.get(b));
    skus.put(b, was);
  }

  /** A product that no line names goes, and another takes what was unique. */
  private void passOn() {
    List<Long> free = new ArrayList<>(skus.keySet());
    orders.values().forEach(lines -> free.removeAll(lines.values()));
    if (free.isEmpty()) {
      return;
    }
    long leaving = free.get(random.nextInt(free.size()));
    String sku = skus.remove(leaving);
    next.add(WriteCommand.delete("products", key("id", leaving)));
    addProduct(leaving < id(PRODUCTS) ? leaving + PRODUCTS : leaving - PRODUCTS, sku);
  }

  private void customer() {
    long customer = id(random.nextInt(CUSTOMERS));
    if (!customers.contains(customer)) {
      addCustomer(customer);
    } else if (customers.size() > 1 && !customerOf.containsValue(customer)) {
      customers.remove(customer);
      next.add(WriteCommand.delete("ledger", key("account", customer)));
      next.add(WriteCommand.delete("customers", key("id", customer)));
    } else {
      next.add(WriteCommand.upsert("ledger", key("account", customer), Map.of("note", text())));
    }
  }

  private void order() {
    long order = id(random.nextInt(ORDERS));
    if (!orders.containsKey(order)) {
      long customer = one(customers);
      orders.put(order, new TreeMap<>());
      customerOf.put(order, customer);
      next.add(WriteCommand.upsert("orders", key("id", order), Map.of("customer", customer)));
      return;
    }
    switch (random.nextInt(4)) {
      case 0 -> {
        orders.remove(order);
        customerOf.remove(order);
        next.add(WriteCommand.delete("orders", key("id", order)));
      }
      case 1 -> {
        long customer = one(customers);
        customerOf.put(order, customer);
        next.add(
            WriteCommand.upsert(
                "orders", key("id", order), Map.of("customer", customer, "status", text())));
      }
      default ->
          next.add(WriteCommand.update("orders", key("id", order), Map.of("status", text())));
    }
  }

  private void line() {
    if (orders.isEmpty()) {
      return;
    }
    long order = one(orders.keySet());
    Map<Integer, Long> lines = orders.get(order);
    int line = random.nextInt(LINES);
    Map<String, Object> key = Map.of("order_id", order, "line", line);
    long product = one(skus.keySet());
    if (!lines.containsKey(line)) {
      lines.put(line, product);
      next.add(WriteCommand.upsert("items", key, Map.of("product", product, "quantity", 2)));
    } else if (random.nextInt(3) == 0) {
      lines.remove(line);
      next.add(WriteCommand.delete("items", key));
    } else if (random.nextBoolean()) {
      next.add(WriteCommand.delta("items", key, Map.of("quantity", 1)));
    } else {
      lines.put(line, product);
      next.add(WriteCommand.update("items", key, Map.of("product", product)));
    }
  }

  private void addCustomer(long customer) {
    customers.add(customer);
    next.add(WriteCommand.insert("customers", key("id", customer), Map.of("name", text())));
    next.add(WriteCommand.upsert("ledger", key("account", customer), Map.of("note", text())));
  }

  private void addProduct(long product, String sku) {
    skus.put(product, sku);
    next.add(WriteCommand.insert("products", key("id", product), Map.of("sku", sku)));
  }

  private static WriteCommand sku(long product, String sku) {
    return WriteCommand.update("products", key("id", product), Map.of("sku", sku));
  }

  private long id(int slot) {
    return number * 1_000L + slot;
  }

  private String text() {
    return "t" + written + "-" + random.nextInt(1_000);
  }

  private long one(Collection<Long> ids) {
    List<Long> all = List.copyOf(ids);
    return all.get(random.nextInt(all.size()));
  }

  private static Map<String, Object> key(String column, long value) {
    return Map.of(column, value);
  }
}
