package dev.cachetide.system;

import dev.cachetide.sandbox.Sandbox;
import dev.cachetide.wire.PipelineNames;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.postgresql.PGConnection;

/**
 * Real servers, and each role in a process of its own with the heap that a small container has; one
 * table that is changed in bulk, and two whose rows are changed one by one.
 */
final class StormWorld implements AutoCloseable {

  static final int HEAP_MEGABYTES = 512;

  private static final String MAIN = "dev.cachetide.cli.CachetideMain";

  private final Sandbox sandbox = Sandbox.start();
  private final StormTopics topics = new StormTopics(sandbox.kafka().bootstrapServers());
  private final List<Connection> probing = new ArrayList<>();
  private final Map<String, RoleProcess> roles = new LinkedHashMap<>();
  private final Map<String, HeapLog> heaps = new LinkedHashMap<>();
  private final Path directory;

  StormWorld(Path directory, int rows) throws SQLException {
    this.directory = directory;
    execute(
        "CREATE TABLE bulk (id int PRIMARY KEY, n int NOT NULL)",
        "CREATE TABLE single (id int PRIMARY KEY)",
        "CREATE TABLE direct (id int PRIMARY KEY)",
        "CREATE TABLE mark (id int PRIMARY KEY)",
        "INSERT INTO bulk SELECT i, 0 FROM generate_series(1, " + rows + ") i");
  }

  /** Starts a pipeline's roles, and returns when they are ready. */
  StormWorld run(String pipeline, String body, String... names) throws IOException {
    List<RoleProcess> started = new ArrayList<>();
    for (String role : names) {
      int port = FreePort.find();
      HeapLog heap = new HeapLog(directory, role);
      Path config =
          PipelineFile.on(sandbox).pipeline(pipeline).httpPort(port).body(body).write(directory);
      heaps.put(pipeline + " " + role, heap);
      RoleProcess process =
          RoleProcess.start(heap.options(HEAP_MEGABYTES), MAIN, directory, config, port, role);
      roles.put(pipeline + " " + role, process);
      started.add(process);
    }
    started.forEach(RoleProcess::awaitReady);
    return this;
  }

  String redis() {
    return sandbox.redis().uri();
  }

  void execute(String... statements) throws SQLException {
    try (Connection connection = sandbox.postgres().connect();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /** COPY of new rows, in one transaction. */
  void copy(int first, int last) throws SQLException, IOException {
    String rows =
        IntStream.rangeClosed(first, last)
            .mapToObj(id -> id + "\t0\n")
            .collect(Collectors.joining());
    try (Connection connection = sandbox.postgres().connect()) {
      connection
          .unwrap(PGConnection.class)
          .getCopyAPI()
          .copyIn("COPY bulk FROM STDIN", new StringReader(rows));
    }
  }

  /** What a reader of the primary sees now. */
  int load(int id) {
    try (Connection connection = sandbox.postgres().connect();
        PreparedStatement select =
            connection.prepareStatement("SELECT n FROM bulk WHERE id = " + id);
        ResultSet row = select.executeQuery()) {
      row.next();
      return row.getInt(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Rows that are committed one by one. */
  EvictionProbe fromCommit() throws SQLException {
    Connection connection = sandbox.postgres().connect();
    probing.add(connection);
    PreparedStatement insert = connection.prepareStatement("INSERT INTO single VALUES (?)");
    return new EvictionProbe(
        redis(),
        "single:",
        id -> {
          try {
            insert.setInt(1, id);
            insert.executeUpdate();
          } catch (SQLException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  /** Events that stand in Kafka already, as they do once the slot has delivered them. */
  EvictionProbe fromKafka(String pipeline) {
    String topic = new PipelineNames(pipeline).changeTopic("public", "direct");
    return new EvictionProbe(redis(), "direct:", id -> topics.publish(topic, id));
  }

  StormTopics topics() {
    return topics;
  }

  RoleProcess role(String pipeline, String name) {
    return Objects.requireNonNull(roles.get(pipeline + " " + name));
  }

  /** Prints how much heap each role has needed; whether all of them live. */
  boolean printHeaps() throws IOException {
    for (Map.Entry<String, HeapLog> heap : heaps.entrySet()) {
      System.out.printf(
          "%s: heap peak %d MB, left by a collection %d MB, by a full one %d MB%n",
          heap.getKey(),
          heap.getValue().peak(),
          heap.getValue().live(),
          heap.getValue().liveAfterFull());
    }
    return roles.values().stream().allMatch(RoleProcess::isAlive);
  }

  @Override
  public void close() throws SQLException {
    roles.values().forEach(RoleProcess::close);
    topics.close();
    for (Connection connection : probing) {
      connection.close();
    }
    sandbox.close();
  }
}
