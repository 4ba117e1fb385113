package dev.cachetide.examples;

import dev.cachetide.Cache;
import dev.cachetide.Codec;
import dev.cachetide.Receipt;
import dev.cachetide.wire.WriteCommand;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** How writes reach the database and the cache. */
final class WriteSteps {

  private static final BigDecimal PRICE = new BigDecimal("55.00");

  private WriteSteps() {}

  static List<Step> all() {
    return List.of(
        new Step(
            "write-through",
            "a user's address is changed, then read 100 times",
            WriteSteps::through),
        new Step(
            "write-behind", "a price is put, the stock reduced by a delta", WriteSteps::behind));
  }

  private static String through(EmbeddedShop shop) throws Exception {
    UserService users = new UserService(shop.client(), shop.database());
    users.byId(1);
    users.changeEmail(1, "countess@example.com");
    for (int i = 0; i < 100; i++) {
      String email = users.byId(1).map(User::email).orElse("none");
      CheckFailed.unless(
          email.equals("countess@example.com"), "read " + i + " saw the old address");
    }
    return "no read saw the old address";
  }

  private static String behind(EmbeddedShop shop) throws Exception {
    ProductRows rows = new ProductRows(shop.database());
    Cache<Long, Product> products =
        shop.client()
            .<Long, Product>cache("product", Codec.json(Product.class))
            .loader(rows::byId)
            .build();
    Product before = products.load(2L).orElseThrow();
    Map<String, Long> key = Map.of("id", 2L);
    Receipt put =
        products
            .writeBehind()
            .put(
                2L,
                WriteCommand.update("public.products", key, Map.of("price", PRICE)),
                priced(before, before.stock()));
    boolean seen = products.load(2L).map(Product::price).filter(PRICE::equals).isPresent();
    CheckFailed.unless(!put.visible() || seen, "it was said to be visible, and was not");
    products
        .writeBehind()
        .update(
            2L,
            WriteCommand.delta("public.products", key, Map.of("stock", -5)),
            shown -> priced(shown, shown.stock() - 5));
    Product expected = priced(before, before.stock() - 5);
    long applied = Eventually.holds("both are in Postgres", () -> expected.equals(rows.byId(2)));
    Eventually.holds(
        "the cache equals the row", () -> products.load(2L).equals(Optional.of(expected)));
    return (put.visible() ? "visible at once" : "visible once applied")
        + ", in Postgres after "
        + applied
        + " ms, each once";
  }

  private static Product priced(Product product, int stock) {
    return new Product(product.id(), product.category(), product.name(), PRICE, stock);
  }
}
