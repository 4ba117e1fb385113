package dev.cachetide.system;

import dev.cachetide.RedisConfig;
import dev.cachetide.internal.fenced.FencedStore;
import dev.cachetide.internal.redis.RedisLink;
import dev.cachetide.runtime.postgres.CachetideSchema;
import dev.cachetide.sandbox.Sandbox;
import dev.cachetide.system.connect.ConnectPage;
import dev.cachetide.system.connect.KafkaConnect;
import dev.cachetide.system.connect.KafkaConnect.Connector;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * Postgres, Kafka and Redis, and a pipeline in processes of their own, whose change topics are made
 * by ingest or by Kafka Connect's Debezium, set up as docs/connect.md says.
 */
final class PipelineWorld implements AutoCloseable {

  private static final String PIPELINE = "system";

  private final Sandbox sandbox = Sandbox.start();
  private final Connection connection = sandbox.postgres().connect();
  private final CacheKeys cache = new CacheKeys(sandbox.redis().uri());
  private final RedisLink redis = RedisLink.open(RedisConfig.of(sandbox.redis().uri()), () -> {});
  private final FencedStore fenced;
  private final Path directory;
  private final Path config;
  private final int port = FreePort.find();
  private @Nullable KafkaConnect connect;
  private @Nullable Connector connector;
  private RoleProcess roles;

  private PipelineWorld(Path directory, List<String> statements, String body) throws Exception {
    this.directory = directory;
    Random tokens = new Random();
    fenced =
        new FencedStore(
            redis,
            () -> {
              byte[] token = new byte[16];
              tokens.nextBytes(token);
              return token;
            });
    for (String sql : statements) {
      execute(sql);
    }
    config = PipelineFile.on(sandbox).httpPort(port).body(body).write(directory);
  }

  /**
   * Ingest and an invalidation worker, when both are ready.
   *
   * @param statements that make the tables
   * @param body of the configuration below the servers
   */
  static PipelineWorld withIngest(Path directory, List<String> statements, String body)
      throws Exception {
    PipelineWorld world = new PipelineWorld(directory, statements, body);
    world.startRoles("ingest", "invalidate");
    return world;
  }

  /**
   * Kafka Connect with the page's connector, then an invalidation worker, when it is ready and all
   * that was cached before has left.
   *
   * @param tables that the connector captures, each with a key that none of its rows has
   */
  static PipelineWorld withConnect(
      Path directory, List<String> statements, Map<String, String> tables, String body)
      throws Exception {
    PipelineWorld world =
        new PipelineWorld(directory, statements, "invalidation: { source: debezium }\n" + body);
    world.startConnect(List.copyOf(tables.keySet()));
    world.awaitTopics(tables.keySet());
    world.cache.set(tables.values());
    world.startRoles("invalidate");
    world.cache.awaitGone(Duration.ofSeconds(30), tables.values());
    return world;
  }

  /** The connector makes a topic with the first change of its table. */
  private void awaitTopics(Collection<String> tables) throws SQLException {
    for (String table : tables) {
      execute("TRUNCATE " + table);
    }
    Set<String> topics =
        tables.stream().map(table -> PIPELINE + "." + table).collect(Collectors.toSet());
    try (Admin admin =
        Admin.create(Map.of("bootstrap.servers", sandbox.kafka().bootstrapServers()))) {
      Awaitility.await("the topics")
          .atMost(Duration.ofSeconds(30))
          .until(() -> admin.listTopics().names().get().containsAll(topics));
    }
  }

  private void startConnect(List<String> tables) throws Exception {
    KafkaConnect started = KafkaConnect.start(sandbox, directory);
    connect = started;
    CachetideSchema.install(connection);
    execute(
        "CREATE PUBLICATION %s FOR TABLE %s, cachetide.heartbeat WITH (publish_via_partition_root)"
            .formatted(PIPELINE, String.join(", ", tables)));
    connector = ConnectPage.connector(sandbox, PIPELINE, tables);
    started.awaitReady();
    startConnector();
  }

  /** Posts the connector, and returns when it reads from its slot. */
  void startConnector() throws IOException, InterruptedException {
    connect().startConnector(connector);
    Awaitility.await("the connector to stream")
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                "t"
                    .equals(
                        ask(
                            "SELECT active FROM pg_replication_slots WHERE slot_name = '%s'"
                                .formatted(PIPELINE))));
  }

  private void startRoles(String... names) throws IOException {
    roles = RoleProcess.start(directory, config, port, names);
    roles.awaitReady();
  }

  /** Ends the invalidation worker as {@code kill -9} does, and starts the next one. */
  void killWorker() throws IOException {
    roles.kill();
    startRoles("invalidate");
  }

  KafkaConnect connect() {
    if (connect == null) {
      throw new IllegalStateException("this pipeline has an ingest");
    }
    return connect;
  }

  Sandbox sandbox() {
    return sandbox;
  }

  Connection connection() {
    return connection;
  }

  CacheKeys cache() {
    return cache;
  }

  RedisLink redis() {
    return redis;
  }

  FencedStore fenced() {
    return fenced;
  }

  RoleProcess roles() {
    return roles;
  }

  void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** The first column of the first row as text; null when there is none. */
  @Nullable String ask(String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      return result.next() ? result.getString(1) : null;
    }
  }

  @Override
  public void close() throws SQLException {
    roles.close();
    if (connect != null) {
      connect.close();
    }
    redis.close();
    cache.close();
    connection.close();
    sandbox.close();
  }
}
