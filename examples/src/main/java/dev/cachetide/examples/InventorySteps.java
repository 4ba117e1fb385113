package dev.cachetide.examples;

import dev.cachetide.Cache;
import dev.cachetide.Codec;
import dev.cachetide.FieldChange;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Counting down what is sold, in the database and in the cached value. */
final class InventorySteps {

  private static final int TRIES = 50;

  private InventorySteps() {}

  static List<Step> all() {
    return List.of(
        new Step(
            "atomic field update",
            "one piece is taken, the cached count changed",
            InventorySteps::one),
        new Step("atomic field update", "50 take a piece at once of 30", InventorySteps::race));
  }

  private static String one(EmbeddedShop shop) throws Exception {
    ProductRows rows = new ProductRows(shop.database());
    Cache<Long, Product> products =
        shop.client()
            .<Long, Product>cache("stock", Codec.json(Product.class))
            .prefix("product:")
            .loader(rows::byId)
            .build();
    int taken = 0;
    boolean inPlace = false;
    // the event of an earlier change may evict in the middle: then it says so, and is tried again
    while (!inPlace && taken < TRIES) {
      products.load(3L);
      inPlace = products.updateField(3L, FieldChange.add("/stock", -1), () -> rows.take(3, 1));
      taken++;
    }
    CheckFailed.unless(inPlace, "never changed in place");
    int left = Objects.requireNonNull(rows.byId(3)).stock();
    Eventually.holds("the count equals the row", () -> stock(products.load(3L)) == left);
    return "changed in place at try " + taken + "; " + left + " left in both";
  }

  private static String race(EmbeddedShop shop) throws Exception {
    shop.execute("UPDATE products SET stock = 30 WHERE id = 1");
    ProductService products = new ProductService(shop.client(), shop.database());
    List<Boolean> got = Together.run(Collections.nCopies(50, () -> products.reserve(1, 1)));
    long sold = got.stream().filter(reserved -> reserved).count();
    CheckFailed.unless(sold == 30, sold + " were sold");
    Eventually.holds("the count equals the row", () -> stock(products.byId(1)) == 0);
    return "30 got one, 20 did not, and the count is 0 in both";
  }

  private static int stock(Optional<Product> product) {
    return product.map(Product::stock).orElse(-1);
  }
}
