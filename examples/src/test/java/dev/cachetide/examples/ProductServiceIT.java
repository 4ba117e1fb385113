package dev.cachetide.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The product service on real servers, with the pipeline running. Each test has its categories. */
final class ProductServiceIT {

  private static EmbeddedShop shop;
  private static ProductService products;

  @BeforeAll
  static void start() throws Exception {
    Awaitility.setDefaultTimeout(Duration.ofSeconds(30));
    Awaitility.setDefaultPollInterval(Duration.ofMillis(5));
    shop = EmbeddedShop.start();
    products = new ProductService(shop.client(), shop.database());
  }

  @AfterAll
  static void stop() {
    Awaitility.reset();
    shop.close();
  }

  private static void insert(long id, String category, int stock) throws Exception {
    shop.execute(
        "INSERT INTO products (id, category, name, price, stock) VALUES (%d, '%s', 'Thing', 1.50, %d)"
            .formatted(id, category, stock));
    // its own INSERT must not come between what a test does
    awaitList(category, id);
  }

  private static void awaitList(String category, Long... ids) {
    Awaitility.await()
        .untilAsserted(
            () ->
                assertThat(products.inCategory(category))
                    .extracting(Product::id)
                    .containsExactlyInAnyOrder(ids));
  }

  @Test
  void a_product_that_moves_leaves_one_list_and_appears_in_the_other() throws Exception {
    insert(201, "garden", 1);
    insert(202, "kitchen", 1);

    assertThat(products.move(201, "kitchen").category()).isEqualTo("kitchen");

    assertThat(products.byId(201)).map(Product::category).contains("kitchen");
    awaitList("garden");
    awaitList("kitchen", 201L, 202L);
  }

  @Test
  void a_product_that_is_moved_by_sql_does_so_too() throws Exception {
    insert(211, "100 % wool: {a}", 1);
    assertThat(products.byId(211)).isPresent();
    awaitList("cotton");

    shop.execute("UPDATE products SET category = 'cotton' WHERE id = 211");

    awaitList("100 % wool: {a}");
    awaitList("cotton", 211L);
    Awaitility.await()
        .untilAsserted(
            () -> assertThat(products.byId(211)).map(Product::category).contains("cotton"));
  }

  @Test
  void fifty_who_reserve_at_once_never_get_more_than_there_is() throws Exception {
    insert(221, "rare", 30);
    Callable<Boolean> one =
        () -> {
          products.byId(221);
          return products.reserve(221, 1);
        };

    List<Boolean> got = Together.run(Collections.nCopies(50, one));

    assertThat(got).filteredOn(reserved -> reserved).hasSize(30);
    assertThat(new ProductRows(shop.database()).byId(221).stock()).isZero();
    Awaitility.await()
        .untilAsserted(() -> assertThat(products.byId(221)).map(Product::stock).contains(0));
    Awaitility.await()
        .untilAsserted(
            () ->
                assertThat(products.inCategory("rare"))
                    .extracting(Product::stock)
                    .containsExactly(0));
  }

  @Test
  void a_reservation_is_seen_by_whoever_made_it() throws Exception {
    insert(231, "ample", 100);
    for (int left = 97; left > 0; left -= 3) {
      assertThat(products.byId(231)).isPresent();
      assertThat(products.reserve(231, 3)).isTrue();
      assertThat(products.byId(231)).map(Product::stock).contains(left);
    }
  }

  @Test
  void what_is_refused_changes_nothing() throws Exception {
    insert(241, "few", 5);
    assertThat(products.byId(241)).isPresent();

    assertThat(products.reserve(241, 6)).isFalse();
    assertThatThrownBy(() -> products.reserve(241, 0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> products.move(999_999, "nowhere"))
        .isInstanceOf(NoSuchElementException.class);

    assertThat(products.byId(241)).map(Product::stock).contains(5);
    assertThat(products.byId(999_999)).isEmpty();
    assertThat(products.inCategory("nowhere")).isEmpty();
  }
}
