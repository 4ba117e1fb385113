package dev.cachetide.examples;

import dev.cachetide.Cache;
import dev.cachetide.Codec;
import dev.cachetide.wire.Invalidation;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** Evictions as events: hearing of them, and asking for them. */
final class EventSteps {

  private EventSteps() {}

  static List<Step> all() {
    return List.of(
        new Step("invalidation by event", "a listener, and SQL elsewhere", EventSteps::event),
        new Step("invalidation by request", "asked of the workers by Kafka", EventSteps::request));
  }

  private static String event(EmbeddedShop shop) throws Exception {
    List<Invalidation> heard = new CopyOnWriteArrayList<>();
    AutoCloseable listening = shop.client().invalidations().listen(heard::add);
    try {
      shop.execute("UPDATE users SET name = 'Customer 1002' WHERE id = 1002");
      return "heard of user:1002 "
          + Eventually.holds(
              "the event is heard", () -> heard.contains(new Invalidation.Key("user:1002")))
          + " ms after the commit";
    } finally {
      listening.close();
    }
  }

  private static String request(EmbeddedShop shop) throws Exception {
    Cache<String, String> pages = shop.client().<String, String>cache("page", Codec.text()).build();
    pages.put("durable", "value");
    shop.client()
        .invalidations()
        .request(new Invalidation.Key("page:durable"))
        .get(30, TimeUnit.SECONDS);
    return "carried out "
        + Eventually.holds("it is carried out", () -> pages.get("durable").isEmpty())
        + " ms after Kafka had accepted it";
  }
}
