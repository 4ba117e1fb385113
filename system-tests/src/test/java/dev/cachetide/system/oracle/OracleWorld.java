package dev.cachetide.system.oracle;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.ingest.CdcIngest;
import dev.cachetide.invalidation.InvalidationWorker;
import dev.cachetide.runtime.Program;
import dev.cachetide.runtime.settings.LoadedSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.SettingsLoader;
import dev.cachetide.sandbox.Sandbox;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/**
 * Real servers, tables by chance and an ingest for as long as the tests run; a worker for each
 * round, because rules are given to a worker when it starts.
 */
final class OracleWorld implements AutoCloseable {

  private static final String MARKS = "marks";
  private static final int PARTITIONS = 2;

  final Connection connection;
  final Keys keys;
  private final Path directory;
  private final Sandbox sandbox;
  private final Admin admin;
  private final Map<Integer, List<Table>> schemas = new HashMap<>();
  private final Program ingest;
  private int marks;

  /** Makes the tables of these schemas, and returns once their changes are read. */
  OracleWorld(Path directory, long seed, List<Integer> numbers) throws SQLException, IOException {
    this.directory = directory;
    sandbox = Sandbox.start();
    keys = new Keys(sandbox.redis().uri());
    admin = Admin.create(Map.of("bootstrap.servers", sandbox.kafka().bootstrapServers()));
    connection = sandbox.postgres().connect();
    connection.setAutoCommit(false);
    execute("CREATE TABLE " + MARKS + " (id int PRIMARY KEY)");
    List<ObjectNode> watched = new ArrayList<>();
    for (int number : numbers) {
      List<Table> tables = new SchemaDice(Dice.of(seed, "schema", number)).tables("c" + number);
      schemas.put(number, tables);
      execute("CREATE SCHEMA c" + number);
      for (Table table : tables) {
        for (String sql : table.ddl()) {
          execute(sql);
        }
        watched.add(watching(table.schema(), table.name()));
      }
    }
    connection.commit();
    ingest = new CdcIngest(settings(watched), new SimpleMeterRegistry());
    ingest.start();
    awaitReady(ingest);
  }

  List<Table> schema(int number) {
    return schemas.get(number);
  }

  private static ObjectNode watching(String schema, String table) {
    ObjectNode rule = JsonNodeFactory.instance.objectNode().put("name", schema + "." + table);
    rule.putObject("source").put("schema", schema).put("table", table);
    rule.putArray("evict").addObject().put("key", "watched:" + schema + ":" + table);
    return rule;
  }

  /** A worker with these rules, ready. */
  Round round(List<ObjectNode> rules, Set<Table> tables) throws IOException {
    return new Round(settings(rules), tables);
  }

  private PipelineSettings settings(List<ObjectNode> rules) throws IOException {
    ObjectNode config = JsonNodeFactory.instance.objectNode().put("pipeline", "oracle");
    config
        .putObject("postgres")
        .put("url", sandbox.postgres().jdbcUrl())
        .put("user", sandbox.postgres().user());
    config.putObject("kafka").put("bootstrap.servers", sandbox.kafka().bootstrapServers());
    config.putObject("redis").put("url", sandbox.redis().uri());
    config.putObject("ingest").put("partitions", PARTITIONS).put("heartbeat", "1s");
    ObjectNode marking = watching("public", MARKS);
    marking.putArray("evict").addObject().put("key", "mark:{id}");
    config.putArray("rules").add(marking).addAll(rules);
    Path file = Files.createTempFile(directory, "oracle", ".yaml");
    LoadedSettings loaded =
        SettingsLoader.load(Files.writeString(file, config.toString()), Map.of());
    if (loaded instanceof LoadedSettings.Rejected rejected) {
      throw new IllegalStateException(rejected.problems().toString());
    }
    return ((LoadedSettings.Loaded) loaded).settings();
  }

  private static void awaitReady(Program program) {
    patiently(program.name() + " to be ready")
        .until(() -> program.ended().isDone() || program.readiness().ready());
    if (program.ended().isDone()) {
      throw new IllegalStateException(program.name() + " has ended; see its log");
    }
  }

  private static ConditionFactory patiently(String what) {
    return Awaitility.await(what).atMost(Duration.ofMinutes(2)).pollInterval(Duration.ofMillis(20));
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Override
  public void close() throws SQLException {
    ingest.close();
    connection.close();
    admin.close(Duration.ofSeconds(5));
    keys.close();
    sandbox.close();
  }

  /** One worker's time. */
  final class Round implements AutoCloseable {

    private final Program worker;
    private final String group;
    private final Set<TopicPartition> partitions = new HashSet<>();

    private Round(PipelineSettings settings, Set<Table> tables) {
      worker = new InvalidationWorker(settings, new SimpleMeterRegistry());
      group = settings.names().invalidationGroup();
      Set<String> topics = new HashSet<>();
      topics.add(settings.names().changeTopic("public", MARKS));
      topics.add(settings.names().changeTopic("cachetide", "generation"));
      for (Table table : tables) {
        topics.add(settings.names().changeTopic(table.schema(), table.name()));
      }
      for (String topic : topics) {
        for (int i = 0; i < PARTITIONS; i++) {
          partitions.add(new TopicPartition(topic, i));
        }
      }
      worker.start();
      awaitReady(worker);
    }

    /**
     * Returns once all that was committed before has been dealt with. A batch is published whole
     * before the next one: so after the second mark nothing that came before the first one is on
     * its way to Kafka, and what is in Kafka was done when it is committed.
     */
    void settle() throws SQLException {
      mark();
      mark();
      patiently("the worker to have read everything").until(this::readAll);
    }

    /** Returns once ingest has looked at all tables again, and told of what it found. */
    void settleAfterLooking() throws SQLException {
      long beat = beat();
      patiently("two heartbeats").until(() -> beat() > beat + 1);
      settle();
    }

    private long beat() throws SQLException {
      try (Statement statement = connection.createStatement();
          ResultSet beat = statement.executeQuery("SELECT max(beat) FROM cachetide.heartbeat")) {
        beat.next();
        return beat.getLong(1);
      } finally {
        connection.commit();
      }
    }

    private void mark() throws SQLException {
      marks++;
      List<String> key = List.of("mark:" + marks);
      keys.fill(key);
      execute("INSERT INTO " + MARKS + " VALUES (" + marks + ")");
      connection.commit();
      patiently("a mark to be evicted").until(() -> keys.left(key).isEmpty());
    }

    private boolean readAll() throws ExecutionException, InterruptedException {
      Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
      partitions.forEach(each -> latest.put(each, OffsetSpec.latest()));
      var ends = admin.listOffsets(latest).all().get();
      Map<TopicPartition, OffsetAndMetadata> read =
          admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
      return ends.entrySet().stream()
          .allMatch(
              end -> {
                OffsetAndMetadata offset = read.get(end.getKey());
                return end.getValue().offset() <= (offset == null ? 0 : offset.offset());
              });
    }

    @Override
    public void close() {
      worker.close();
    }
  }
}
