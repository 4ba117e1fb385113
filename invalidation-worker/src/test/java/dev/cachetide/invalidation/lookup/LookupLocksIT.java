package dev.cachetide.invalidation.lookup;

import static dev.cachetide.invalidation.lookup.World.plan;
import static dev.cachetide.invalidation.lookup.World.product;
import static dev.cachetide.invalidation.lookup.World.query;
import static dev.cachetide.invalidation.lookup.World.rules;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cachetide.invalidation.rules.Plan;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Lookups beside applications that lock whole tables. */
@SuppressWarnings("NullAway.Init")
final class LookupLocksIT {

  private static final String BOTH =
      "SELECT o.id FROM orders o JOIN products p ON p.id = o.product_id WHERE p.id = ANY(:id)";

  private World world;
  private PostgresLookups lookups;

  @BeforeEach
  void start() throws SQLException {
    world = World.start();
    world.execute("INSERT INTO products VALUES (1, 'c', 1)", "INSERT INTO orders VALUES (7, 1)");
    lookups = new PostgresLookups(world.connector);
    assertThat(lookups.resolve(plan(rules(query("order:{id}", BOTH)), product(1))).failure())
        .isNull();
  }

  @AfterEach
  void stop() {
    lookups.close();
    world.close();
  }

  @Test
  void an_application_that_locks_tables_in_another_order_is_not_the_victim() throws Exception {
    try (Connection application = world.postgres.connect();
        Connection onlooker = world.postgres.connect();
        Statement statement = application.createStatement()) {
      application.setAutoCommit(false);
      statement.execute("LOCK TABLE products IN ACCESS EXCLUSIVE MODE");
      Plan plan = plan(rules(query("order:{id}", BOTH)), product(1));
      Future<Lookups.Found> found = CompletableFuture.supplyAsync(() -> lookups.resolve(plan));
      await().until(() -> isWaiting(onlooker));
      // Later than a lookup that waits on would have looked for a deadlock and found none.
      long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(1_200);
      await().pollInterval(Duration.ofMillis(20)).until(() -> System.nanoTime() > until);

      statement.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE");
      application.commit();

      Lookups.Found result = found.get(30, TimeUnit.SECONDS);
      assertThat(result.failure()).isNull();
      assertThat(result.failures()).isEmpty();
      assertThat(plan.keys()).containsExactly("order:7");
    }
  }

  @Test
  void a_table_that_stays_locked_widens_as_what_takes_too_long() throws Exception {
    try (Connection application = world.postgres.connect();
        Statement statement = application.createStatement();
        PostgresLookups impatient = new PostgresLookups(world.connector, Duration.ofMillis(300))) {
      application.setAutoCommit(false);
      statement.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE");
      Plan plan = plan(rules(query("order:{id}", BOTH)), product(1));

      Lookups.Found found = impatient.resolve(plan);

      assertThat(found.failure()).isNull();
      assertThat(found.failures()).hasSize(1);
      assertThat(found.failures().get(0).cause()).hasMessage("took longer than 300 ms");
      assertThat(plan.patterns()).containsExactly("order:*");
      application.rollback();
    }
  }

  private static boolean isWaiting(Connection onlooker) throws SQLException {
    try (Statement statement = onlooker.createStatement();
        ResultSet row =
            statement.executeQuery("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")) {
      row.next();
      return row.getBoolean(1);
    }
  }
}
