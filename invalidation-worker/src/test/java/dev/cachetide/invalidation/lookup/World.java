package dev.cachetide.invalidation.lookup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.invalidation.rules.ChangeEvent;
import dev.cachetide.invalidation.rules.ChangeEvent.Operation;
import dev.cachetide.invalidation.rules.Plan;
import dev.cachetide.invalidation.rules.RowImage;
import dev.cachetide.invalidation.rules.RulePlanner;
import dev.cachetide.invalidation.rules.RuleSet;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.settings.FanOutSettings;
import dev.cachetide.runtime.settings.FanOutSettings.Through;
import dev.cachetide.runtime.settings.PostgresSettings;
import dev.cachetide.runtime.settings.RuleSettings;
import dev.cachetide.runtime.settings.RuleSettings.EvictSettings;
import dev.cachetide.runtime.settings.RuleSettings.Kind;
import dev.cachetide.sandbox.SandboxPostgres;
import dev.cachetide.sandbox.TcpProxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A shop in a real Postgres, reached through a proxy. */
final class World implements AutoCloseable {

  static final String ORDERS_OF = "SELECT id FROM orders WHERE product_id = ANY(:id)";

  final SandboxPostgres postgres = SandboxPostgres.builder().start();
  final TcpProxy proxy = TcpProxy.to(postgres.port());
  final PostgresConnector connector =
      new PostgresConnector(
          new PostgresSettings(
              "jdbc:postgresql://127.0.0.1:" + proxy.port() + "/postgres",
              postgres.user(),
              postgres.password(),
              Duration.ofSeconds(2),
              Duration.ofSeconds(20),
              Map.of()),
          "lookups");

  static World start() throws SQLException {
    World world = new World();
    world.execute(
        "CREATE TABLE products (id bigint PRIMARY KEY, code text UNIQUE, price numeric)",
        "ALTER TABLE products REPLICA IDENTITY FULL",
        "CREATE TABLE orders (id bigint PRIMARY KEY, product_id bigint REFERENCES products,"
            + " code text)",
        "CREATE INDEX ON orders (product_id)");
    return world;
  }

  void execute(String... statements) throws SQLException {
    try (Connection open = postgres.connect();
        Statement statement = open.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  static FanOutSettings query(String template, String sql) {
    return new FanOutSettings("rules[0].fan_out[0]", evict(template), sql, null, 1_000, null);
  }

  static FanOutSettings through(String template, Through through) {
    return new FanOutSettings("rules[0].fan_out[0]", evict(template), null, through, 1_000, null);
  }

  static FanOutSettings capped(FanOutSettings fanOut, int cap, @Nullable Kind kind, String above) {
    return new FanOutSettings(
        fanOut.path(),
        fanOut.evict(),
        fanOut.query(),
        fanOut.through(),
        cap,
        kind == null
            ? null
            : new EvictSettings("rules[0].fan_out[0].above." + kind.key(), kind, above));
  }

  static Through orders(String... columns) {
    return new Through("public", "orders", List.of(columns), List.of());
  }

  private static EvictSettings evict(String template) {
    return new EvictSettings("rules[0].fan_out[0].key", template);
  }

  /** A rule on products, and one on orders that evicts the same key. */
  static RuleSet rules(FanOutSettings... fanOuts) {
    return rules("products", fanOuts);
  }

  static RuleSet rules(String source, FanOutSettings... fanOuts) {
    return compiled(
        new RuleSettings("rules[0]", source, "public", source, List.of()).withFanOut(fanOuts),
        covering("orders", "order:{id}"),
        covering("parts", "part:{x}:{y}"));
  }

  /** Whatever table it goes through, with a rule on that one as well. */
  static RuleSet covered(FanOutSettings fanOut) {
    String table = Objects.requireNonNull(fanOut.through()).table();
    return compiled(
        new RuleSettings("rules[0]", "p", "public", "products", List.of()).withFanOut(fanOut),
        covering(table, fanOut.evict().template()));
  }

  private static RuleSettings covering(String table, String key) {
    return new RuleSettings(
        "rules[1]",
        table,
        "public",
        table,
        List.of(new EvictSettings("rules[1].evict[0].key", key)));
  }

  private static RuleSet compiled(RuleSettings... rules) {
    RuleSet.Result compiled = RuleSet.compile("file", List.of(rules));
    assertThat(compiled).isInstanceOf(RuleSet.Result.Compiled.class);
    return ((RuleSet.Result.Compiled) compiled).rules();
  }

  /** What some events on the first rule's table call for, but for what is looked up. */
  static Plan plan(RuleSet rules, ChangeEvent... events) {
    Plan plan = new Plan();
    for (ChangeEvent event : events) {
      RulePlanner.lookUp(event, rules.rules().subList(0, 1), null, plan);
    }
    return plan;
  }

  static ChangeEvent update(Map<String, @Nullable String> before, Map<String, String> after) {
    return new ChangeEvent(Operation.UPDATE, image(before), image(after), -1, -1);
  }

  /** An update that leaves these columns as they are. */
  static ChangeEvent touched(Map<String, @Nullable String> row) {
    return new ChangeEvent(Operation.UPDATE, image(row), image(row), -1, -1);
  }

  static ChangeEvent product(int id) {
    return touched(row("id", Integer.toString(id)));
  }

  static Map<String, @Nullable String> row(@Nullable String... namesAndValues) {
    Map<String, @Nullable String> row = new HashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      row.put(String.valueOf(namesAndValues[i]), namesAndValues[i + 1]);
    }
    return row;
  }

  static RowImage image(Map<String, ? extends @Nullable String> row) {
    return new RowImage(new HashMap<>(row), Set.of());
  }

  @Override
  public void close() {
    proxy.close();
    postgres.close();
  }
}
