package dev.cachetide.cli;

import static org.awaitility.Awaitility.await;

import dev.cachetide.runtime.Program;
import dev.cachetide.runtime.settings.Section;
import dev.cachetide.sandbox.Sandbox;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.admin.Admin;

/** The pipeline shop, each program of which has a role of its own by docs/postgres-roles.sql. */
final class OwnRoles implements AutoCloseable {

  static final Duration SOON = Duration.ofMinutes(2);
  static final Map<Role, String> NAMES =
      Map.of(
          Role.INGEST, "shop_ingest",
          Role.INVALIDATE, "shop_invalidate",
          Role.WRITE_BEHIND, "shop_writes");
  static final String OPERATIONS = "shop_operations";

  final Sandbox sandbox;
  private final ShopServers servers;
  private final Map<Role, World> worlds = new EnumMap<>(Role.class);
  final StatefulRedisConnection<String, String> redis;
  private final RedisClient client;
  private final Map<String, String> variables;

  /**
   * Makes tables and roles.
   *
   * @param sandbox its own from now on
   * @param variables of the script that say which tables are read and written
   * @param tables what makes them, carried out by their owner
   */
  OwnRoles(Sandbox sandbox, Map<String, String> variables, String... tables) throws Exception {
    this.sandbox = sandbox;
    servers = new ShopServers(sandbox);
    this.variables = new HashMap<>(variables);
    this.variables.putAll(
        Map.of(
            "publication",
            "cachetide_shop",
            "owner",
            "shop_owner",
            "ingest",
            NAMES.get(Role.INGEST),
            "invalidate",
            NAMES.get(Role.INVALIDATE),
            "writebehind",
            NAMES.get(Role.WRITE_BEHIND),
            "operations",
            OPERATIONS));
    execute("CREATE ROLE shop_owner LOGIN", "GRANT CREATE ON SCHEMA public TO shop_owner");
    try (Connection connection = sandbox.postgres().connect();
        Statement statement = connection.createStatement()) {
      statement.execute("SET ROLE shop_owner");
      for (String sql : tables) {
        statement.execute(sql);
      }
    }
    prepare();
    client = RedisClient.create(sandbox.redis().uri());
    redis = client.connect();
  }

  /** Runs the script, again if need be. */
  void prepare() throws Exception {
    try (Connection connection = sandbox.postgres().connect()) {
      new PsqlScript(connection, variables).run(Path.of("../docs/postgres-roles.sql"));
    }
  }

  /** Starts a program. */
  void run(Role role, Path file) throws Exception {
    World world =
        new World(Configuration.load(file, EnumSet.allOf(Section.class)), EnumSet.of(role));
    worlds.put(role, world);
    world.start();
  }

  /** Of those that run. */
  void awaitReady() {
    await()
        .atMost(SOON)
        .until(
            () ->
                worlds.values().stream()
                    .flatMap(world -> world.programs().stream())
                    .map(Program::readiness)
                    .allMatch(it -> it.ready()));
  }

  void stop(Role... roles) {
    for (Role role : roles) {
      Objects.requireNonNull(worlds.remove(role)).close();
    }
  }

  void stopPrograms() {
    worlds.values().forEach(World::close);
    worlds.clear();
  }

  void execute(String... statements) throws SQLException {
    servers.execute(statements);
  }

  /** The first value of the first row; empty when there is none. */
  String one(String sql) throws SQLException {
    return servers.one(sql);
  }

  Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", sandbox.kafka().bootstrapServers()));
  }

  @Override
  public void close() {
    stopPrograms();
    redis.close();
    client.shutdown();
    sandbox.close();
  }
}
