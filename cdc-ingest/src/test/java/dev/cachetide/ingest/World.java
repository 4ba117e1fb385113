package dev.cachetide.ingest;

import static org.awaitility.Awaitility.await;

import dev.cachetide.runtime.settings.Defaults;
import dev.cachetide.runtime.settings.IngestSettings;
import dev.cachetide.runtime.settings.KafkaSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.PostgresSettings;
import dev.cachetide.runtime.settings.ReloadSettings;
import dev.cachetide.runtime.settings.RuleOrigins;
import dev.cachetide.runtime.settings.RuleSettings;
import dev.cachetide.runtime.settings.RuleSettings.EvictSettings;
import dev.cachetide.sandbox.Sandbox;
import dev.cachetide.wire.PipelineNames;
import dev.cachetide.wire.TableName;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The servers of this module's tests, one set for the whole run, and one pipeline on them. */
final class World {

  private static final Sandbox SANDBOX = Sandbox.builder().withoutRedis().start();

  final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final PipelineNames names;
  private final List<TableName> tables;
  private Duration gateLimit = Duration.ofSeconds(30);

  World(String pipeline, String... tables) {
    this.names = new PipelineNames(pipeline);
    this.tables = List.of(tables).stream().map(TableName::parse).toList();
  }

  World gateLimit(Duration limit) {
    gateLimit = limit;
    return this;
  }

  static Sandbox sandbox() {
    return SANDBOX;
  }

  PipelineNames names() {
    return names;
  }

  CdcIngest ingest() {
    return ingest(Variations.none());
  }

  CdcIngest ingest(Variations variations) {
    return new CdcIngest(settings(), meters, variations);
  }

  /** Started and streaming. */
  CdcIngest running() {
    return running(Variations.none());
  }

  CdcIngest running(Variations variations) {
    CdcIngest ingest = ingest(variations);
    ingest.start();
    awaitReady(ingest);
    return ingest;
  }

  static void awaitReady(CdcIngest ingest) {
    await()
        .atMost(Duration.ofSeconds(40))
        .untilAsserted(
            () -> {
              if (!ingest.readiness().ready()) {
                throw new AssertionError(ingest.readiness().reason());
              }
            });
  }

  Map<String, Object> adminProperties() {
    return Map.of("bootstrap.servers", SANDBOX.kafka().bootstrapServers());
  }

  String topic(String schema, String table) {
    return names.changeTopic(schema, table);
  }

  Topic read(String schema, String table) {
    return new Topic(SANDBOX.kafka().bootstrapServers(), topic(schema, table));
  }

  long generation() throws SQLException {
    return Long.parseLong(
        one(
            "SELECT coalesce(sum(generation), 0) FROM cachetide.generation WHERE scope = '*' AND pipeline = '"
                + names.pipeline()
                + "'"));
  }

  void dropSlot() throws SQLException {
    await()
        .until(
            () ->
                one("SELECT NOT active FROM pg_replication_slots WHERE slot_name = '"
                        + names.slot()
                        + "'")
                    .equals("t"));
    execute("SELECT pg_drop_replication_slot('" + names.slot() + "')");
  }

  static void execute(String... statements) throws SQLException {
    try (Connection connection = SANDBOX.postgres().connect();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  static String one(String sql) throws SQLException {
    try (Connection connection = SANDBOX.postgres().connect();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      return result.next() ? String.valueOf(result.getString(1)) : "nothing";
    }
  }

  double count(String meter) {
    var counter = meters.find(meter).counters();
    return counter.stream().mapToDouble(each -> each.count()).sum();
  }

  PipelineSettings settings() {
    List<RuleSettings> rules = new ArrayList<>();
    for (TableName table : tables) {
      String path = "rules[" + rules.size() + "]";
      rules.add(
          new RuleSettings(
              path,
              "rule" + rules.size(),
              table.schema(),
              table.table(),
              List.of(new EvictSettings(path + ".evict[0].key", "k:{id}"))));
    }
    return new PipelineSettings(
        names,
        new PostgresSettings(
            SANDBOX.postgres().jdbcUrl(),
            SANDBOX.postgres().user(),
            SANDBOX.postgres().password(),
            Duration.ofSeconds(2),
            Duration.ofSeconds(10),
            Map.of()),
        new KafkaSettings(
            Map.of(
                "bootstrap.servers",
                SANDBOX.kafka().bootstrapServers(),
                "default.api.timeout.ms",
                "3000",
                "request.timeout.ms",
                "2000"),
            Map.of(),
            Map.of()),
        null,
        new IngestSettings(
            3,
            (short) -1,
            Duration.ofDays(1),
            Duration.ofMillis(1),
            Duration.ofMillis(300),
            gateLimit,
            Map.of()),
        Defaults.invalidation(names),
        Defaults.WRITE_BEHIND,
        Defaults.HTTP,
        rules,
        List.of(),
        new ReloadSettings(true, Duration.ofMillis(200)),
        RuleOrigins.IN_ONE_FILE);
  }
}
