package dev.cachetide.examples;

import dev.cachetide.Cache;
import dev.cachetide.Codec;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;

/** What the caller does not notice. */
final class ProtectionSteps {

  private ProtectionSteps() {}

  static List<Step> all() {
    return List.of(
        new Step(
            "protection: absence", "a user who is not there, then is", ProtectionSteps::absence),
        new Step(
            "protection: stale while error",
            "the database fails when a TTL ends",
            ProtectionSteps::staleWhileError),
        new Step(
            "protection: another schema", "an entry of an older form", ProtectionSteps::schema),
        new Step("protection: Redis stopped", "and started again", ProtectionSteps::redisStopped));
  }

  private static Cache<Long, User> users(EmbeddedShop shop) {
    return shop.client()
        .<Long, User>cache("users", Codec.json(User.class))
        .prefix("user:")
        .loader(new UserRows(shop.database())::byId)
        .build();
  }

  private static String absence(EmbeddedShop shop) throws Exception {
    Cache<Long, User> users = users(shop);
    boolean found = IntStream.range(0, 10).anyMatch(read -> users.load(2_000L).isPresent());
    CheckFailed.unless(!found && users.stats().loads() == 1, users.stats().toString());
    shop.execute("INSERT INTO users (id, name) VALUES (2000, 'New')");
    long after =
        Eventually.holds("the insert ends the absence", () -> users.load(2_000L).isPresent());
    return "ten reads, one load; found " + after + " ms after the INSERT";
  }

  private static String staleWhileError(EmbeddedShop shop) throws Exception {
    AtomicBoolean failing = new AtomicBoolean();
    Cache<Long, String> kept =
        shop.client()
            .<Long, String>cache("kept", Codec.text())
            .ttl(Duration.ofMillis(200))
            .staleWhileError(Duration.ofMinutes(1))
            .loader(
                key -> {
                  if (failing.get()) {
                    throw new SQLException("the database is away");
                  }
                  return "value";
                })
            .build();
    kept.load(1L);
    failing.set(true);
    Eventually.holds(
        "the stale value is served",
        () -> kept.load(1L).equals(Optional.of("value")) && kept.stats().staleServed() > 0);
    return "readers got the value beyond its TTL, and no exception";
  }

  private static String schema(EmbeddedShop shop) throws Exception {
    Codec<String> before = Codec.text();
    shop.client().<Long, String>cache("form", before).build().put(1L, "of the old form");
    Cache<Long, String> now =
        shop.client().<Long, String>cache("form", before.withSchema(before.schema() + 100)).build();
    CheckFailed.unless(now.get(1L).isEmpty(), "the old form was read");
    return "a miss, and counted: " + now.stats().undecodable();
  }

  private static String redisStopped(EmbeddedShop shop) throws Exception {
    Cache<Long, User> users = users(shop);
    users.load(1_003L);
    shop.redis().stop();
    long began = System.nanoTime();
    for (int i = 0; i < 20; i++) {
      CheckFailed.unless(users.load(1_003L).isPresent(), "a read failed");
    }
    long took = (System.nanoTime() - began) / 1_000_000;
    shop.redis().start();
    long back =
        Eventually.holds("hits come back", () -> users.load(1_003L).isPresent() && hits(users));
    return "20 reads in " + took + " ms, all from Postgres; hits again after " + back + " ms";
  }

  private static boolean hits(Cache<Long, User> users) {
    long before = users.stats().hits();
    return users.get(1_003L).isPresent() && users.stats().hits() > before;
  }
}
