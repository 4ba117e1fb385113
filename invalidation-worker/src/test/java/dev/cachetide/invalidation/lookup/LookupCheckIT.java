package dev.cachetide.invalidation.lookup;

import static dev.cachetide.invalidation.lookup.World.ORDERS_OF;
import static dev.cachetide.invalidation.lookup.World.capped;
import static dev.cachetide.invalidation.lookup.World.orders;
import static dev.cachetide.invalidation.lookup.World.query;
import static dev.cachetide.invalidation.lookup.World.rules;
import static dev.cachetide.invalidation.lookup.World.through;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.invalidation.rules.CatalogFacts;
import dev.cachetide.invalidation.rules.CatalogFactsQuery;
import dev.cachetide.invalidation.rules.RuleSet;
import dev.cachetide.runtime.settings.FanOutSettings;
import dev.cachetide.runtime.settings.FanOutSettings.Through;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.runtime.settings.RuleSettings.Kind;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a real Postgres says of lookups before any is made. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
final class LookupCheckIT {

  private World world;

  @BeforeAll
  void start() throws SQLException {
    world = World.start();
    world.execute(
        "CREATE TABLE parcels (id int PRIMARY KEY, labels text[],"
            + " first bigint REFERENCES products, second bigint REFERENCES products)",
        "CREATE TABLE lines (id int, a int, b int, PRIMARY KEY (a, b))",
        "CREATE TABLE parts (x int, y int, FOREIGN KEY (y, x) REFERENCES lines)",
        "CREATE TABLE silent (id int PRIMARY KEY, code text)");
  }

  @AfterAll
  void stop() {
    world.close();
  }

  @Test
  void what_fits_has_no_problem() throws Exception {
    assertThat(
            problems(
                rules(
                    query("order:{id}", ORDERS_OF),
                    through("order:{id}", orders()),
                    through("order:{id}", orders("product_id")),
                    through(
                        "order:{id}",
                        new Through("public", "orders", List.of("code"), List.of("code"))),
                    query("order:{id}", "WITH x AS (SELECT 1 AS id) SELECT id, :id FROM x"))))
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "SELECT id FROM orders WHERE product_id = ANY(:idd) | has no column idd | did you mean :id?",
        "SELECT id FROM ordrs WHERE product_id = ANY(:id)   | relation \"ordrs\" does not exist | psql",
        "SELECT id FROM orders WHERE product_id = :id       | operator does not exist | psql",
        "SELECT id FROM orders WHERE ANY(:id)               | syntax error | psql",
        "SELECT product_id AS idd FROM orders WHERE product_id = ANY(:id) | needs the column id, | did you mean {idd}?",
        "SELECT id, 1 AS id FROM orders WHERE product_id = ANY(:id) | two columns id | another name",
        "SELECT id FROM orders WHERE product_id = ANY(:id) FOR UPDATE | SQLState 25006 | psql",
      })
  void a_query_that_does_not_fit_is_refused(String sql, String message, String fix)
      throws Exception {
    List<Problem> problems = problems(rules(query("order:{id}", sql)));

    assertThat(problems).hasSize(1);
    assertThat(problems.get(0).path()).isEqualTo("rules[0].fan_out[0].query");
    assertThat(problems.get(0).message()).contains(message);
    assertThat(problems.get(0).fix()).contains(fix);
  }

  @Test
  void several_foreign_keys_are_told_and_one_has_to_be_chosen() throws Exception {
    FanOutSettings both =
        through("parcel:{id}", new Through("public", "parcels", List.of(), List.of()));
    assertThat(fanOutProblems(both))
        .singleElement()
        .satisfies(
            problem -> {
              assertThat(problem.path()).isEqualTo("rules[0].fan_out[0].through");
              assertThat(problem.message())
                  .isEqualTo(
                      "there are 2 foreign keys from public.parcels to public.products:"
                          + " parcels_first_fkey [first], parcels_second_fkey [second]");
              assertThat(problem.fix())
                  .isEqualTo("choose one: through: { table: parcels, columns: [first] }");
            });
    assertThat(
            fanOutProblems(
                through("p:{id}", new Through("public", "parcels", List.of("first"), List.of()))))
        .isEmpty();
  }

  @Test
  void a_missing_foreign_key_table_or_column_is_refused() throws Exception {
    assertThat(
            fanOutProblems(through("l:{id}", new Through("public", "lines", List.of(), List.of()))))
        .extracting(Problem::message)
        .containsExactly("there is no foreign key from public.lines to public.products");
    assertThat(
            fanOutProblems(through("l:{id}", new Through("public", "line", List.of(), List.of()))))
        .extracting(Problem::message)
        .containsExactly("there is no table public.line");
    assertThat(fanOutProblems(through("order:{id}", orders("produktid"))))
        .extracting(Problem::fix)
        .containsExactly("did you mean product_id?");
    assertThat(fanOutProblems(through("order:{id}", orders("product_id", "code"))))
        .extracting(Problem::fix)
        .containsExactly("add references: […], columns of public.products");
  }

  @Test
  void a_foreign_key_of_several_columns_pairs_them_as_declared() throws Exception {
    world.execute(
        "INSERT INTO lines VALUES (1, 10, 20)",
        "INSERT INTO parts VALUES (20, 10)",
        "ALTER TABLE lines REPLICA IDENTITY FULL");
    RuleSet rules =
        rules(
            "lines",
            through("part:{x}:{y}", new Through("public", "parts", List.of("x", "y"), List.of())));
    try (PostgresLookups lookups = new PostgresLookups(world.connector)) {
      var plan = World.plan(rules, World.touched(World.row("a", "10", "b", "20")));

      assertThat(lookups.resolve(plan).failures()).isEmpty();
      assertThat(plan.keys()).containsExactly("part:20:10");
    }
  }

  @Test
  void a_column_outside_the_replica_identity_is_refused_with_the_line_that_helps()
      throws Exception {
    List<Problem> problems =
        problems(
            rules(
                "silent",
                capped(
                    query("order:{id}", "SELECT id FROM orders WHERE code = ANY(:code)"),
                    5,
                    Kind.TAG,
                    "t:{code}")));

    assertThat(problems)
        .extracting(Problem::path)
        .containsExactly("rules[0].fan_out[0].query", "rules[0].fan_out[0].above.tag");
    assertThat(problems.get(0).fix())
        .isEqualTo("ALTER TABLE \"public\".\"silent\" REPLICA IDENTITY FULL;");
  }

  @Test
  void an_array_is_no_parameter() throws Exception {
    assertThat(
            problems(
                rules(
                    "parcels",
                    query("order:{id}", "SELECT id FROM orders WHERE code = ANY(:labels)"))))
        .extracting(Problem::fix)
        .containsExactly("look up by a column with a single value");
  }

  private List<Problem> fanOutProblems(FanOutSettings fanOut) throws Exception {
    return problems(World.covered(fanOut));
  }

  private List<Problem> problems(RuleSet rules) throws Exception {
    try (Connection connection = world.postgres.connect()) {
      CatalogFacts facts = new CatalogFactsQuery(connection).load(rules, "cachetide_shop");
      return LookupCheck.problems(world.connector, "file", rules, facts);
    }
  }
}
