package dev.cachetide.cli.demo;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What happens to many rows at once. */
final class BulkScenes {

  /**
   * Fewer keys than the limit of the shop's rule, beyond which all that it names leaves at once.
   */
  private static final int ROWS = 20_000;

  private static final int FIRST = 1_000;

  private BulkScenes() {}

  static List<Scene> all() {
    return List.of(new Copied(), new BigTransaction(), new Truncated());
  }

  private static List<String> keys(String prefix) {
    return IntStream.range(FIRST, FIRST + ROWS).mapToObj(id -> prefix + id).toList();
  }

  /** Keys that were cached as absent must leave when the rows appear. */
  private static final class Copied implements Scene {
    @Override
    public String title() {
      return "COPY of " + ROWS + " rows";
    }

    @Override
    public String play(Stage stage) throws Exception {
      List<String> leaving = keys("product:");
      stage.cache().set(leaving);
      String rows =
          IntStream.range(FIRST, FIRST + ROWS)
              .mapToObj(id -> id + "\tbulk\tProduct " + id + "\t1.00\t0\n")
              .collect(Collectors.joining());
      long committed = stage.database().copy("products (id, category, name, price, stock)", rows);
      return leaving.size()
          + " keys left"
          + Stage.after(stage.cache().awaitGone(leaving, committed));
    }
  }

  private static final class BigTransaction implements Scene {
    @Override
    public String title() {
      return "one transaction updates " + ROWS + " rows";
    }

    @Override
    public String play(Stage stage) throws Exception {
      List<String> leaving = keys("product:");
      List<String> staying = List.of("product:2", "category:toys");
      stage.cache().set(leaving);
      stage.cache().set(staying);
      long committed =
          stage.database().commit("UPDATE products SET price = 2 WHERE id >= " + FIRST);
      var took = stage.cache().awaitGone(leaving, committed);
      stage.cache().requirePresent(staying);
      return leaving.size() + " keys left, others stayed" + Stage.after(took);
    }
  }

  private static final class Truncated implements Scene {
    @Override
    public String title() {
      return "TRUNCATE orders";
    }

    @Override
    public String play(Stage stage) throws Exception {
      List<String> leaving = List.of("order:1", "order:77", "orders:user:1", "orders:user:5");
      List<String> staying = List.of("user:2", "product:2");
      stage.cache().set(leaving);
      stage.cache().set(staying);
      long committed = stage.database().commit("TRUNCATE orders");
      var took = stage.cache().awaitGone(leaving, committed);
      stage.cache().requirePresent(staying);
      return "every order:* and orders:user:* left, others stayed" + Stage.after(took);
    }
  }
}
