package dev.cachetide.examples;

import com.zaxxer.hikari.HikariDataSource;
import dev.cachetide.CacheStats;
import dev.cachetide.Cachetide;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A shop that is open: customers who look at users and products, and now and then move a product or
 * change an address, about two hundred times a second. Every five seconds it says how its cache
 * does.
 *
 * <p>It finds its servers in {@code DATABASE_URL}, {@code DATABASE_USER}, {@code DATABASE_PASSWORD}
 * and {@code REDIS_URL}, its pipeline in {@code PIPELINE}, and closes by SIGTERM or Ctrl-C.
 */
public final class Storefront {

  private static final Duration BETWEEN_CUSTOMERS = Duration.ofMillis(5);
  private static final int CUSTOMERS_A_REPORT = 1_000;
  private static final int ONE_WRITE_IN = 20;
  private static final String[] CATEGORIES = {"books", "toys", "games"};

  private final UserService users;
  private final ProductService products;
  private final Random random = new Random();

  private Storefront(UserService users, ProductService products) {
    this.users = users;
    this.products = products;
  }

  /** Opens, and stays open. */
  public static void main(String[] args) throws Exception {
    Map<String, String> environment = System.getenv();
    CountDownLatch closing = new CountDownLatch(1);
    Thread open = Thread.currentThread();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> close(closing, open), "closing"));
    try (HikariDataSource database = new HikariDataSource();
        Cachetide client =
            Cachetide.builder()
                .redis(environment.getOrDefault("REDIS_URL", "redis://127.0.0.1:6379"))
                .pipeline(environment.getOrDefault("PIPELINE", "shop"))
                .build()) {
      database.setJdbcUrl(
          environment.getOrDefault("DATABASE_URL", "jdbc:postgresql://127.0.0.1:5432/shop"));
      database.setUsername(environment.getOrDefault("DATABASE_USER", "shop"));
      database.setPassword(environment.getOrDefault("DATABASE_PASSWORD", "shop"));
      database.setMaximumPoolSize(2);
      new Storefront(new UserService(client, database), new ProductService(client, database))
          .serve(closing);
    }
  }

  private static void close(CountDownLatch closing, Thread open) {
    closing.countDown();
    try {
      open.join(Duration.ofSeconds(10).toMillis());
    } catch (InterruptedException e) {
      // The JVM ends in any case.
      Thread.currentThread().interrupt();
    }
  }

  private void serve(CountDownLatch closing) throws Exception {
    CacheStats before = users.stats();
    for (int customer = 1;
        !closing.await(BETWEEN_CUSTOMERS.toMillis(), TimeUnit.MILLISECONDS);
        customer++) {
      serveOne();
      if (customer % CUSTOMERS_A_REPORT == 0) {
        CacheStats now = users.stats();
        System.out.println(report(before, now));
        before = now;
      }
    }
  }

  private void serveOne() throws Exception {
    long product = 1L + random.nextInt(3);
    if (random.nextInt(ONE_WRITE_IN) > 0) {
      users.byId(1L + random.nextInt(3));
      products.byId(product);
      products.inCategory(category());
    } else if (random.nextBoolean()) {
      products.move(product, category());
    } else {
      users.changeEmail(1, "ada" + random.nextInt(1_000) + "@example.com");
    }
  }

  private String category() {
    return CATEGORIES[random.nextInt(CATEGORIES.length)];
  }

  /** One line about the users that were read since the last one. */
  private static String report(CacheStats before, CacheStats now) {
    long near = now.nearHits() - before.nearHits();
    long hits = now.hits() - before.hits();
    long loads = now.loads() - before.loads();
    long past = now.bypasses() + now.nearBypasses() - before.bypasses() - before.nearBypasses();
    return String.format(
        "users read: %d from the process, %d from Redis, %d from Postgres; %d past a cache that was"
            + " not to be believed",
        near, hits, loads, past);
  }
}
