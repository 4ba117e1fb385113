package dev.cachetide.examples;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.cachetide.Cache;
import dev.cachetide.Cachetide;
import dev.cachetide.Codec;
import dev.cachetide.FieldChange;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import javax.sql.DataSource;

/**
 * Products by id, and lists by category. A list carries its category's tag, and every change of a
 * product makes the tags of its category old, of both when it moves: see {@code cachetide.yaml}.
 */
public final class ProductService {

  private final ProductRows rows;
  private final Cache<Long, Product> byId;
  private final Cache<String, List<Product>> byCategory;

  /** Caches by a client that follows the pipeline; reads and writes products in the database. */
  public ProductService(Cachetide client, DataSource database) {
    rows = new ProductRows(database);
    byId =
        client
            .<Long, Product>cache("product", Codec.json(Product.class))
            .loader(rows::byId)
            .build();
    byCategory =
        client
            .<String, List<Product>>cache("category", Codec.json(new TypeReference<>() {}))
            .keyTags(category -> Set.of(tag(category)))
            .loader(rows::inCategory)
            .build();
  }

  /** The name that the rule <code>category:{category}</code> writes. */
  static String tag(String category) {
    return "category:" + category.replace("%", "%25");
  }

  /** Read-through. */
  public Optional<Product> byId(long id) {
    return byId.load(id);
  }

  /** All of a category, by id; empty when there is none. */
  public List<Product> inCategory(String category) {
    return byCategory.load(category).orElse(List.of());
  }

  /**
   * Moves a product to another category: written through, so that the product is right at once;
   * both lists follow when the pipeline has seen the change.
   *
   * @throws NoSuchElementException when there is no such product
   * @throws Exception what the database throws
   */
  public Product move(long id, String category) throws Exception {
    return byId.writeThrough(id, () -> rows.move(id, category));
  }

  /**
   * Takes from the stock, in the database and in the product that is cached, which stays readable
   * meanwhile. The database decides: nothing is sold twice, whatever the cache holds.
   *
   * @return whether there was enough
   * @throws IllegalArgumentException when the quantity is not positive
   * @throws Exception what the database throws
   */
  public boolean reserve(long id, int quantity) throws Exception {
    if (quantity < 1) {
      throw new IllegalArgumentException("a quantity of " + quantity);
    }
    try {
      byId.updateField(id, FieldChange.add("/stock", -quantity), () -> rows.take(id, quantity));
      return true;
    } catch (ProductRows.OutOfStock e) {
      return false;
    }
  }
}
