package dev.cachetide.examples;

import dev.cachetide.Cache;
import dev.cachetide.Cachetide;
import dev.cachetide.Codec;
import dev.cachetide.Loader;
import dev.cachetide.Timed;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** How values get into the cache when somebody reads. */
final class ReadSteps {

  private static final int READERS = 20;

  private ReadSteps() {}

  static List<Step> all() {
    return List.of(
        new Step("cache-aside", "put, putAll with a TTL each, getAll, evict", ReadSteps::aside),
        new Step(
            "read-through",
            READERS + " readers in two clients miss one key whose loader takes 100 ms",
            ReadSteps::through),
        new Step("refresh-ahead", "a value is read beyond its soft TTL", ReadSteps::ahead));
  }

  private static String aside(EmbeddedShop shop) throws Exception {
    Cache<Long, String> notes = shop.client().<Long, String>cache("note", Codec.text()).build();
    notes.put(1L, "for the default hour");
    notes.putAll(
        Map.of(
            2L, new Timed<>("for a second", Duration.ofSeconds(1)),
            3L, new Timed<>("for five minutes", Duration.ofMinutes(5))));
    CheckFailed.unless(
        notes.getAll(List.of(1L, 2L, 3L, 4L)).size() == 3, "what was put is missing");
    long gone = Eventually.holds("the short one ends", () -> notes.get(2L).isEmpty());
    CheckFailed.unless(notes.get(3L).isPresent(), "the long one ended as well");
    notes.evict(1L);
    CheckFailed.unless(notes.get(1L).isEmpty(), "what was evicted is still there");
    return "three of four found at once; the short TTL ended after "
        + gone
        + " ms, the long one not";
  }

  private static String through(EmbeddedShop shop) throws Exception {
    AtomicInteger loads = new AtomicInteger();
    UserRows rows = new UserRows(shop.database());
    Loader<Long, User> slow =
        id -> {
          loads.incrementAndGet();
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
          return rows.byId(id);
        };
    try (Cachetide other = shop.openClient()) {
      List<Callable<Optional<User>>> reads = new ArrayList<>();
      for (Cachetide client : List.of(shop.client(), other)) {
        Cache<Long, User> users =
            client.<Long, User>cache("herd", Codec.json(User.class)).loader(slow).build();
        for (int i = 0; i < READERS / 2; i++) {
          reads.add(() -> users.load(1L));
        }
      }
      CheckFailed.unless(
          Together.run(reads).stream().allMatch(Optional::isPresent), "a reader got nothing");
    }
    CheckFailed.unless(loads.get() == 1, loads + " loads");
    return "one load, and every reader got its value";
  }

  private static String ahead(EmbeddedShop shop) throws Exception {
    AtomicInteger loads = new AtomicInteger();
    Cache<Long, String> rates =
        shop.client()
            .<Long, String>cache("rate", Codec.text())
            .softTtl(Duration.ofMillis(100))
            .loader(key -> "load " + loads.incrementAndGet())
            .build();
    rates.load(1L);
    long renewed =
        Eventually.holds(
            "the value is renewed", () -> !rates.load(1L).equals(Optional.of("load 1")));
    CheckFailed.unless(rates.stats().misses() == 1, "a reader had to wait for the renewal");
    return "renewed in the background after " + renewed + " ms; only the first reader missed";
  }
}
