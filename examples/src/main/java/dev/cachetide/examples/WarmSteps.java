package dev.cachetide.examples;

import dev.cachetide.Cache;
import dev.cachetide.CacheMeters;
import dev.cachetide.CacheStats;
import dev.cachetide.Codec;
import dev.cachetide.Warming;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;

/** Filling the cache ahead of the readers, and counting what it does. */
final class WarmSteps {

  private WarmSteps() {}

  static List<Step> all() {
    return List.of(
        new Step("warming", "500 users in batches, one of them cached before", WarmSteps::ahead),
        new Step("warming", "the hottest keys that L1's sketch saw", WarmSteps::hottest),
        new Step("metrics", "one miss, nine hits, then a reset", WarmSteps::metrics));
  }

  private static String ahead(EmbeddedShop shop) throws Exception {
    UserRows rows = new UserRows(shop.database());
    Cache<Long, User> users = users(shop);
    List<Long> customers = LongStream.rangeClosed(1_001, 1_500).boxed().toList();
    users.getOrLoad(1_001L, rows::byId);
    AtomicInteger reports = new AtomicInteger();
    Warming.Result result =
        users.warm(
            customers,
            rows::byIds,
            Warming.defaults().within(2, 5_000).reporting(soFar -> reports.incrementAndGet()));
    CheckFailed.unless(
        result.stored() == 499 && result.present() == 1 && result.failed() == 0, result.toString());
    CheckFailed.unless(users.getAll(customers).size() == 500, "not all are cached");
    return "499 loaded in " + reports + " batches, the one that was there left alone";
  }

  private static String hottest(EmbeddedShop shop) throws Exception {
    UserRows rows = new UserRows(shop.database());
    Cache<Long, User> users = users(shop);
    Eventually.holds(
        "the user read most is the hottest",
        () -> {
          users.getOrLoad(1_007L, rows::byId);
          return users.hottest(1).contains(1_007L);
        });
    users.evict(1_007L);
    Warming.Result result = users.warm(List.of(1_007L), rows::byIds, Warming.defaults());
    CheckFailed.unless(result.stored() == 1, result.toString());
    return "the user read most came first, and is warm again after an eviction";
  }

  private static Cache<Long, User> users(EmbeddedShop shop) {
    return shop.client()
        .<Long, User>cache("customers", Codec.json(User.class))
        .prefix("user:")
        .near(1_000, Duration.ofMinutes(1))
        .build();
  }

  private static String metrics(EmbeddedShop shop) throws Exception {
    Cache<Long, String> counted =
        shop.client().<Long, String>cache("counted", Codec.text()).loader(key -> "value").build();
    MeterRegistry registry = new SimpleMeterRegistry();
    new CacheMeters(counted).bindTo(registry);
    for (int i = 0; i < 10; i++) {
      counted.load(1L);
    }
    CacheStats stats = counted.stats();
    CheckFailed.unless(
        stats.hits() == 9 && stats.misses() == 1 && stats.loads() == 1 && stats.sets() == 1,
        stats.toString());
    double metered = registry.get("cachetide.cache.hits").functionCounter().count();
    CheckFailed.unless(metered == 9, "Micrometer counted " + metered + " hits");
    counted.resetStats();
    CheckFailed.unless(counted.stats().hits() == 0, "the reset left something");
    return "hit ratio " + stats.hitRatio() + ", by Micrometer too; zero after the reset";
  }
}
