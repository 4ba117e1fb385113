package dev.cachetide.examples;

import dev.cachetide.Cache;
import dev.cachetide.CacheBuilder;
import dev.cachetide.Codec;
import dev.cachetide.wire.Invalidation;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** The ways in which values leave at once or in time. */
final class EvictionSteps {

  private EvictionSteps() {}

  static List<Step> all() {
    return List.of(
        new Step("invalidation by time", "a value with a TTL of 300 ms", EvictionSteps::time),
        new Step(
            "invalidation by tag", "one tag on two values, none on a third", EvictionSteps::tag),
        new Step("invalidation by pattern", "page:7:*, not page:71:*", EvictionSteps::pattern),
        new Step("invalidation by version", "the pointer is bumped", EvictionSteps::version));
  }

  private static CacheBuilder<String, String> pages(EmbeddedShop shop) {
    return shop.client().<String, String>cache("page", Codec.text());
  }

  private static String time(EmbeddedShop shop) throws Exception {
    Cache<String, String> pages = pages(shop).ttl(Duration.ofMillis(300)).build();
    pages.put("news", "today");
    return "left after " + Eventually.holds("it leaves", () -> pages.get("news").isEmpty()) + " ms";
  }

  private static String tag(EmbeddedShop shop) throws Exception {
    Cache<String, String> pages =
        pages(shop).keyTags(key -> key.startsWith("a") ? Set.of("section-a") : Set.of()).build();
    return leaves(shop, pages, new Invalidation.Tag("section-a"), List.of("a1", "a2"), "b1");
  }

  private static String pattern(EmbeddedShop shop) throws Exception {
    Invalidation seventh = new Invalidation.Pattern("page:7:*");
    return leaves(shop, pages(shop).build(), seventh, List.of("7:1", "7:2"), "71:1");
  }

  private static String version(EmbeddedShop shop) throws Exception {
    Cache<String, String> other = pages(shop).prefix("other:").build();
    other.put("1", "value");
    Cache<String, String> pages = pages(shop).version("layout").build();
    pages.put("x", "value");
    CheckFailed.unless(pages.get("x").isPresent(), "what was put is missing");
    shop.client()
        .invalidations()
        .evict(new Invalidation.Version("layout"))
        .get(10, TimeUnit.SECONDS);
    CheckFailed.unless(pages.get("x").isEmpty(), "a reader stayed at the old version");
    CheckFailed.unless(other.get("1").isPresent(), "a value without the version left");
    return "readers moved on at once";
  }

  private static String leaves(
      EmbeddedShop shop,
      Cache<String, String> pages,
      Invalidation what,
      List<String> leaving,
      String staying)
      throws Exception {
    for (String key : leaving) {
      pages.put(key, "value");
    }
    pages.put(staying, "value");
    CheckFailed.unless(pages.getAll(leaving).size() == leaving.size(), "what was put is missing");
    shop.client().invalidations().evict(what).get(10, TimeUnit.SECONDS);
    CheckFailed.unless(pages.getAll(leaving).isEmpty(), "one stayed");
    CheckFailed.unless(pages.get(staying).isPresent(), "the other left as well");
    return leaving + " left, " + staying + " stayed";
  }
}
