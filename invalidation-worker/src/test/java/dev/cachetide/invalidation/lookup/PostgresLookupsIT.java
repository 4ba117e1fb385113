package dev.cachetide.invalidation.lookup;

import static dev.cachetide.invalidation.lookup.World.ORDERS_OF;
import static dev.cachetide.invalidation.lookup.World.capped;
import static dev.cachetide.invalidation.lookup.World.orders;
import static dev.cachetide.invalidation.lookup.World.plan;
import static dev.cachetide.invalidation.lookup.World.product;
import static dev.cachetide.invalidation.lookup.World.query;
import static dev.cachetide.invalidation.lookup.World.row;
import static dev.cachetide.invalidation.lookup.World.rules;
import static dev.cachetide.invalidation.lookup.World.through;
import static dev.cachetide.invalidation.lookup.World.touched;
import static dev.cachetide.invalidation.lookup.World.update;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.invalidation.lookup.Lookups.Found;
import dev.cachetide.invalidation.rules.ChangeEvent;
import dev.cachetide.invalidation.rules.ChangeEvent.Operation;
import dev.cachetide.invalidation.rules.Plan;
import dev.cachetide.invalidation.rules.RuleSet;
import dev.cachetide.runtime.Outcome;
import dev.cachetide.runtime.settings.FanOutSettings;
import dev.cachetide.runtime.settings.RuleSettings.Kind;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Related rows, as a real Postgres finds them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
final class PostgresLookupsIT {

  private static final FanOutSettings BY_QUERY = query("order:{id}", ORDERS_OF);

  private World world;
  private PostgresLookups lookups;

  @BeforeAll
  void start() throws SQLException {
    world = World.start();
  }

  @AfterAll
  void stop() {
    world.close();
  }

  @BeforeEach
  void fill() throws SQLException {
    lookups = new PostgresLookups(world.connector);
    world.execute(
        "TRUNCATE products CASCADE",
        "INSERT INTO products SELECT i, 'c' || i FROM generate_series(1, 3000) i",
        "INSERT INTO orders SELECT i, 1 + i % 3, 'c' || (1 + i % 3) FROM generate_series(0, 8) i");
  }

  @AfterEach
  void close() {
    lookups.close();
  }

  @Test
  void a_changed_row_takes_the_keys_of_its_related_rows_with_it_and_no_others() {
    for (FanOutSettings each : List.of(BY_QUERY, through("order:{id}", orders()))) {
      Plan plan = plan(rules(each), product(2));

      assertThat(lookups.resolve(plan).failure()).isNull();
      assertThat(plan.keys()).containsExactlyInAnyOrder("order:1", "order:4", "order:7");
      assertThat(plan.patterns()).isEmpty();
    }
  }

  @Test
  void both_the_old_and_the_new_value_are_looked_up() {
    Plan plan =
        plan(rules(through("order:{id}", orders())), update(row("id", "1"), Map.of("id", "3")));
    lookups.resolve(plan);

    assertThat(plan.keys())
        .containsExactlyInAnyOrder(
            "order:0", "order:3", "order:6", "order:2", "order:5", "order:8");
  }

  @Test
  void a_deleted_row_is_looked_up_as_it_was() {
    ChangeEvent deleted =
        new ChangeEvent(Operation.DELETE, World.image(row("id", "1")), null, -1, -1);
    Plan plan = plan(rules(BY_QUERY), deleted);
    lookups.resolve(plan);

    assertThat(plan.keys()).containsExactlyInAnyOrder("order:0", "order:3", "order:6");
  }

  @Test
  void a_batch_of_a_thousand_events_asks_once_and_each_further_thousand_once_more() {
    ChangeEvent[] events =
        IntStream.rangeClosed(1, 2_500).mapToObj(World::product).toArray(ChangeEvent[]::new);
    RuleSet rules = rules(BY_QUERY);

    assertThat(lookups.resolve(plan(rules, events)).statements()).isEqualTo(3);
    Plan plan = plan(rules, Arrays.copyOf(events, 1_000));
    assertThat(lookups.resolve(plan).statements()).isEqualTo(1);
    assertThat(plan.keys()).hasSize(9);
    Found same = lookups.resolve(plan(rules, product(1), product(1), product(1)));
    assertThat(same.statements()).isEqualTo(1);
    assertThat(same.rows()).isEqualTo(3);
  }

  @Test
  void a_value_with_more_rows_than_the_cap_is_replaced_and_the_others_are_not() throws Exception {
    world.execute("INSERT INTO orders SELECT i, 7 FROM generate_series(100, 103) i");
    for (FanOutSettings each : List.of(BY_QUERY, through("order:{id}", orders()))) {
      Plan plan = plan(rules(capped(each, 3, Kind.TAG, "orders-of:{id}")), product(7), product(1));
      Found found = lookups.resolve(plan);

      assertThat(plan.tags()).containsExactly("orders-of:7");
      assertThat(plan.keys()).containsExactlyInAnyOrder("order:0", "order:3", "order:6");
      assertThat(found.capped()).isEqualTo(1);
      assertThat(plan.patterns()).isEmpty();
    }
  }

  @Test
  void without_anything_above_the_cap_all_that_the_template_can_name_leaves() {
    Plan plan = plan(rules(capped(BY_QUERY, 2, null, "")), product(1));
    lookups.resolve(plan);

    assertThat(plan.keys()).isEmpty();
    assertThat(plan.patterns()).containsExactly("order:*");
    assertThat(plan.widened()).isEqualTo(1);
  }

  @Test
  void ten_thousand_related_rows_come_a_thousand_at_a_time() throws Exception {
    world.execute("INSERT INTO orders SELECT i, 7 FROM generate_series(100, 10099) i");
    Plan plan = plan(rules(capped(BY_QUERY, 10_000, null, "")), product(7));
    Found found = lookups.resolve(plan);

    assertThat(plan.keys()).hasSize(10_000);
    assertThat(found.rows()).isEqualTo(10_000);
    assertThat(found.capped()).isZero();
  }

  @Test
  void a_batch_with_too_many_rows_in_all_is_not_read_to_its_end() throws Exception {
    world.execute("INSERT INTO orders SELECT i, 1 + i % 3 FROM generate_series(100, 149999) i");
    Plan plan =
        plan(
            rules(capped(BY_QUERY, 100_000, Kind.TAG, "orders-of:{id}")),
            product(1),
            product(2),
            product(3));
    Found found = lookups.resolve(plan);

    assertThat(found.rows()).isLessThanOrEqualTo(PostgresLookups.MOST_ROWS);
    assertThat(plan.tags()).containsExactlyInAnyOrder("orders-of:1", "orders-of:2", "orders-of:3");
    assertThat(plan.keys()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x' OR 'a'='a",
        "\"",
        "\\",
        "\\\"",
        "{}",
        "{NULL}",
        "NULL",
        "null",
        ",",
        " ",
        "",
        "a,b",
        "?",
        "$1",
        ":id",
        "🌊",
        "%00",
        "--",
        "/*",
        "*",
        "|",
        "a\nb",
        "\t"
      })
  void hostile_values_find_their_own_rows(String value) throws Exception {
    try (var open = world.postgres.connect();
        var insert = open.prepareStatement("INSERT INTO orders VALUES (500, 1, ?)")) {
      insert.setString(1, value);
      insert.execute();
    }
    String sql = "SELECT id FROM orders WHERE code = ANY(:code)";
    Plan plan = plan(rules(query("order:{id}", sql)), touched(row("code", value)));

    assertThat(lookups.resolve(plan).failures()).isEmpty();
    assertThat(plan.keys()).containsExactly("order:500");
  }

  @Test
  void null_finds_nothing_unless_the_query_asks_for_it() throws Exception {
    world.execute("INSERT INTO orders VALUES (500, 1, NULL)");
    for (var each :
        Map.of(
                "SELECT id FROM orders WHERE code = ANY(:code)", 0,
                "SELECT id FROM orders WHERE code IS NOT DISTINCT FROM (:code)[1]", 1)
            .entrySet()) {
      Plan plan = plan(rules(query("order:{id}", each.getKey())), touched(row("code", null)));
      lookups.resolve(plan);
      assertThat(plan.keys()).hasSize(each.getValue());
    }
  }

  @Test
  void several_columns_are_looked_up_as_tuples() throws Exception {
    String sql =
        "SELECT id FROM orders WHERE (product_id, code) IN (SELECT * FROM unnest(:id, :code))"
            + " -- :nothing";
    Plan plan =
        plan(
            rules(query("order:{id}", sql)),
            touched(row("id", "1", "code", "c1")),
            touched(row("id", "2", "code", "c3")));

    assertThat(lookups.resolve(plan).failures()).isEmpty();
    assertThat(plan.keys()).containsExactlyInAnyOrder("order:0", "order:3", "order:6");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "uuid        | 00000000-0000-0000-0000-0000000000ab",
        "bytea       | cafe",
        "numeric     | 1.50",
        "float8      | 1500",
        "float8      | 0.1",
        "float8      | 1000000000000000000000",
        "boolean     | true",
        "date        | 2023-11-14Z",
        "time        | 22:13:20Z",
        "timetz      | 22:13:20Z",
        "timestamp   | 2023-11-14T22:13:20.12Z",
        "timestamptz | 2023-11-14T22:13:20.123456Z",
        "timestamptz | 2023-11-14T22:13:20.000000Z",
        "timestamptz | infinity",
        "mood        | so \"so\"",
        "\"char\"    | x",
        "varchar(10) | abc",
        "email       | a@b",
      })
  void a_value_is_found_and_written_as_change_events_write_it(String type, String text)
      throws Exception {
    world.execute(
        "DROP TABLE IF EXISTS typed",
        "DROP TYPE IF EXISTS mood",
        "DROP DOMAIN IF EXISTS email",
        "CREATE TYPE mood AS ENUM ('so \"so\"')",
        "CREATE DOMAIN email AS text",
        "CREATE TABLE typed (\"The Key\" " + type + ")",
        "INSERT INTO typed VALUES ('" + (type.equals("bytea") ? "\\x" : "") + text + "')");
    String sql = "SELECT * FROM typed WHERE \"The Key\" = ANY(:\"The Key\")";
    Plan plan = plan(rules("typed", query("typed:{The Key}", sql)), touched(row("The Key", text)));

    assertThat(lookups.resolve(plan).failures()).isEmpty();
    assertThat(plan.keys()).containsExactly("typed:" + text);
  }

  @Test
  void a_lookup_that_takes_too_long_is_widened_and_told_once() {
    PostgresLookups impatient = new PostgresLookups(world.connector, Duration.ofMillis(200));
    RuleSet rules = rules(query("order:{id}", ORDERS_OF + " AND pg_sleep(1) IS NOT NULL"));
    Plan plan = plan(rules, product(1), product(2));
    Found found = impatient.resolve(plan);
    impatient.close();

    assertThat(found.failure()).isNull();
    assertThat(found.failures()).hasSize(1);
    assertThat(found.failures().get(0).cause()).hasMessage("took longer than 200 ms");
    assertThat(plan.patterns()).containsExactly("order:*");
    assertThat(plan.widened()).isEqualTo(1);
  }

  @Test
  void what_postgres_refuses_is_widened_without_showing_values_and_later_works_again()
      throws Exception {
    RuleSet rules = rules(BY_QUERY);
    Plan poison = plan(rules, product(1), touched(row("id", "secret")));
    Found found = lookups.resolve(poison);

    assertThat(found.failures())
        .extracting(failure -> failure.cause().getMessage())
        .containsExactly("Postgres refused with SQLState 22P02");
    assertThat(poison.patterns()).containsExactly("order:*");

    world.execute("ALTER TABLE orders RENAME TO gone");
    assertThat(lookups.resolve(plan(rules, product(1))).failures()).hasSize(1);
    world.execute("ALTER TABLE gone RENAME TO orders");
    Plan plan = plan(rules, product(1));
    assertThat(lookups.resolve(plan).failures()).isEmpty();
    assertThat(plan.keys()).hasSize(3);
  }

  @Test
  void an_image_that_lacks_the_column_is_widened_and_told() {
    Plan plan = plan(rules(BY_QUERY), touched(row("code", "x")), product(1));
    Found found = lookups.resolve(plan);

    assertThat(found.failures()).hasSize(1);
    assertThat(plan.patterns()).containsExactly("order:*");
  }

  @Test
  void nothing_can_be_written() throws Exception {
    world.execute(
        "CREATE OR REPLACE FUNCTION wipe() RETURNS bigint LANGUAGE plpgsql AS"
            + " 'BEGIN DELETE FROM orders; RETURN 1; END'");
    Plan plan = plan(rules(query("order:{id}", ORDERS_OF + " AND wipe() = 1")), product(1));

    assertThat(lookups.resolve(plan).failures())
        .extracting(failure -> failure.cause().getMessage())
        .containsExactly("Postgres refused with SQLState 25006");
  }

  @Test
  void a_postgres_that_is_away_is_tried_again() {
    RuleSet rules = rules(BY_QUERY);
    assertThat(lookups.resolve(plan(rules, product(1))).failure()).isNull();
    world.proxy.cut();
    try {
      assertThat(lookups.resolve(plan(rules, product(1))).failure())
          .isInstanceOf(Outcome.Transient.class);
    } finally {
      world.proxy.restore();
    }
    Plan plan = plan(rules, product(1));
    Found found = lookups.resolve(plan);
    assertThat(found.failure()).isNull();
    assertThat(plan.keys()).hasSize(3);
  }
}
