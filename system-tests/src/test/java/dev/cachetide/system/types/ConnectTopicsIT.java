package dev.cachetide.system.types;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.system.connect.KafkaConnect;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Topics that Kafka Connect's Debezium writes, a snapshot first: the same rules name the same keys,
 * whether or not the events carry JSON schemas.
 */
final class ConnectTopicsIT {

  private static final List<TypeCase> CASES = TypeCase.all();

  /** What docs/keys.md asks for where events carry no schemas. */
  private static final Map<String, String> TEXT =
      Map.of(
          "decimal.handling.mode", "string",
          "binary.handling.mode", "hex",
          "time.precision.mode", "isostring",
          "interval.handling.mode", "string",
          "include.unknown.datatypes", "true");

  /** Debezium's snapshot reads dates as the JDBC driver gives them, without their era. */
  private static final Set<String> MISREAD =
      Set.of("date:-0043-03-15Z", "date:-5877611-06-21Z", "date:-5877611-06-22Z");

  /** By default: without its scale, in days for years, or not at all. */
  private static final Set<String> NOT_TOLD =
      Set.of(
          "numeric",
          "numerics",
          "huge",
          "interval",
          "composite",
          "places",
          "mails",
          "multirange",
          "circle",
          "path",
          "lsn",
          "jsonpath");

  /** By default told as NULL. */
  private static final Set<String> TOLD_AS_NULL = Set.of("scaled:NAN", "name:n");

  private static final String MISTAKEN_RULES =
      """
      invalidation: { source: debezium }
      rules:
        - { name: prices, source: { table: prices }, evict: [ { key: "price:{price}" } ] }
        - { name: times, source: { table: times }, evict: [ { key: "at:{at}" } ] }
        - { name: bytes, source: { table: bytes }, evict: [ { key: "raw:{raw}" } ] }
        - { name: spans, source: { table: spans }, evict: [ { key: "took:{took}" } ] }
      """;

  @TempDir private static Path directory;
  private static TypesWorld world;
  private static KafkaConnect connect;

  @BeforeAll
  static void start() throws Exception {
    world = new TypesWorld();
    connect = KafkaConnect.start(world.sandbox, directory);
    world.execute(TypeCase.definitions());
    world.execute(CASES.stream().map(TypeCase::createTable).toList());
    world.execute(
        "CREATE TABLE people (id int PRIMARY KEY, mail text)",
        "ALTER TABLE people REPLICA IDENTITY FULL");
    connect.awaitReady();
  }

  @AfterAll
  static void stop() throws SQLException {
    connect.close();
    world.close();
  }

  /** A connector waits a minute for a topic that is not there, as of a table of another test. */
  @AfterEach
  void stopPipeline() throws SQLException {
    world.stopPipeline();
    world.execute("DROP TABLE IF EXISTS prices, times, bytes, spans");
  }

  @Test
  void with_schemas_and_connects_own_settings() throws Exception {
    check("with_schemas", Map.of(), NOT_TOLD, TOLD_AS_NULL);
  }

  @Test
  void without_schemas_and_with_values_as_text() throws Exception {
    check("without_schemas", with("value.converter.schemas.enable", "false"), Set.of(), Set.of());
  }

  @Test
  void with_schemas_and_with_values_as_text() throws Exception {
    check("text_and_schemas", with("value.converter.schemas.enable", "true"), Set.of(), Set.of());
  }

  /** Keys that such values would name are nobody's: what they miss must not stay. */
  @Test
  void without_schemas_and_with_the_connectors_own_form_of_values_all_leaves_and_is_parked()
      throws Exception {
    startMistaken("mistaken", Map.of("value.converter.schemas.enable", "false"));
    List<String> changes =
        List.of(
            "INSERT INTO prices (id, price) VALUES (1, 1.50)",
            "INSERT INTO times (id, at) VALUES (1, '2024-01-31 12:00:00')",
            "INSERT INTO bytes (id, raw) VALUES (1, '\\xcafe01')",
            "INSERT INTO spans (id, took) VALUES (1, '1 year')");
    List<String> bystanders = List.of("price:other", "at:other", "raw:other", "took:other");
    world.cache(bystanders);
    world.cache("people:other");

    world.execute(changes);

    assertThat(world.lingering(bystanders)).isEmpty();
    Awaitility.await()
        .atMost(TypesWorld.SOON)
        .untilAsserted(
            () ->
                assertThat(String.join("|", world.reasons("mistaken")))
                    .contains(
                        "column price is not text: the connector needs decimal.handling.mode=string",
                        "column at is not text: the connector needs time.precision.mode=isostring",
                        "column raw is not text: the connector needs binary.handling.mode=hex",
                        "column took is not text: the connector needs"
                            + " interval.handling.mode=string"));
    assertThat(world.cachedOf(List.of("people:other"))).hasSize(1);
    assertThat(world.doctor("mistaken", directory, MISTAKEN_RULES))
        .hasSize(4)
        .allMatch(line -> line.startsWith("FAIL mistaken.public."))
        .anyMatch(line -> line.contains("decimal.handling.mode=string"))
        .anyMatch(line -> line.contains("time.precision.mode=isostring"));
    connect.stopConnector("mistaken");
  }

  @Test
  void unwrapped_rows_take_all_of_their_table_and_are_parked() throws Exception {
    startMistaken(
        "unwrapped",
        Map.of(
            "transforms", "unwrap",
            "transforms.unwrap.type", "io.debezium.transforms.ExtractNewRecordState"));
    world.cache("price:other");
    world.execute("INSERT INTO prices (id, price) VALUES (2, 1.50)");
    assertThat(world.lingering(List.of("price:other"))).isEmpty();
    Awaitility.await()
        .atMost(TypesWorld.SOON)
        .untilAsserted(
            () ->
                assertThat(world.reasons("unwrapped"))
                    .anyMatch(reason -> reason.contains("ExtractNewRecordState (unwrap)")));

    assertThat(world.doctor("unwrapped", directory, MISTAKEN_RULES))
        .anyMatch(line -> line.startsWith("FAIL ") && line.contains("ExtractNewRecordState"));
    assertThat(world.doctor("nowhere", directory, MISTAKEN_RULES))
        .hasSize(4)
        .allMatch(line -> line.startsWith("WARN nowhere.public.") && line.contains("is missing"));
    connect.stopConnector("unwrapped");
  }

  private static void startMistaken(String prefix, Map<String, String> settings) throws Exception {
    world.execute(
        "CREATE TABLE prices (id int PRIMARY KEY, price numeric(9,2))",
        "CREATE TABLE times (id int PRIMARY KEY, at timestamp)",
        "CREATE TABLE bytes (id int PRIMARY KEY, raw bytea)",
        "CREATE TABLE spans (id int PRIMARY KEY, took interval)");
    List<String> tables = List.of("prices", "times", "bytes", "spans");
    for (String table : tables) {
      world.execute("ALTER TABLE " + table + " REPLICA IDENTITY FULL");
    }
    world.createTopics(prefix, tables);
    world.startWorker(prefix, directory, MISTAKEN_RULES);
    Map<String, String> all = new HashMap<>(settings);
    all.put("snapshot.mode", "no_data");
    all.put("value.converter", "org.apache.kafka.connect.json.JsonConverter");
    all.put("schema.include.list", "public");
    all.put("table.include.list", "public\\.(prices|times|bytes|spans)");
    connect.startConnector(prefix, all);
    Awaitility.await("the connector to stream")
        .atMost(Duration.ofSeconds(30))
        .until(() -> world.isStreaming(prefix));
  }

  private static Map<String, String> with(String name, String value) {
    Map<String, String> settings = new HashMap<>(TEXT);
    settings.put(name, value);
    settings.put("value.converter", "org.apache.kafka.connect.json.JsonConverter");
    return settings;
  }

  /**
   * Snapshot, row changes and TRUNCATE.
   *
   * @param widening types that these settings do not tell well enough for a key
   * @param untold keys of values that these settings tell as NULL
   */
  private static void check(
      String prefix, Map<String, String> settings, Set<String> widening, Set<String> untold)
      throws Exception {
    world.execute("TRUNCATE people");
    world.execute(CASES.stream().map(each -> "TRUNCATE " + each.table()).toList());
    world.execute(TypeCase.inserts(CASES));
    world.execute("INSERT INTO people VALUES (1, 'a@x'), (2, 'b@x'), (3, 'c@x')");
    StringBuilder body =
        new StringBuilder(
            """
            invalidation: { source: debezium }
            rules:
              - name: people
                source: { schema: public, table: people }
                evict: [ { key: "p:{id}" }, { key: "mail:{mail}" } ]
            """);
    CASES.forEach(each -> body.append(each.rule()));
    List<String> tables = new ArrayList<>(List.of("people"));
    CASES.forEach(each -> tables.add(each.table()));
    world.createTopics(prefix, tables);
    world.startWorker(prefix, directory, body.toString());
    List<String> keys = new ArrayList<>(TypeCase.keys(CASES));
    keys.addAll(List.of("p:1", "p:2", "p:3", "mail:a@x", "mail:b@x", "mail:c@x"));
    List<String> bystanders =
        CASES.stream()
            .filter(each -> !widening.contains(each.name()))
            .map(each -> each.name() + ":bystander")
            .toList();
    world.cache(keys);
    List<String> read = new ArrayList<>(keys);
    read.removeAll(untold);
    read.removeAll(MISREAD);
    world.cache(bystanders);
    world.cache("p:4", "mail:d@x", "p:9", "mail:new@x");

    connect.startConnector(prefix, settings);

    assertThat(world.lingering(read)).as("read by the snapshot").isEmpty();
    assertThat(world.cachedOf(bystanders)).containsExactlyInAnyOrderElementsOf(bystanders);
    assertThat(world.cachedOf(List.of("p:4", "mail:d@x"))).hasSize(2);

    world.cache(keys);
    world.execute(
        "UPDATE people SET mail = 'new@x' WHERE id = 1",
        "UPDATE people SET id = 9 WHERE id = 2",
        "DELETE FROM people WHERE id = 3");
    assertThat(world.lingering(List.of("p:1", "mail:a@x", "mail:new@x", "p:2", "p:9", "mail:b@x")))
        .isEmpty();
    assertThat(world.lingering(List.of("p:3", "mail:c@x"))).isEmpty();
    assertThat(world.cachedOf(List.of("p:4", "mail:d@x"))).hasSize(2);
    world.execute("TRUNCATE people");
    assertThat(world.lingering(List.of("p:4", "mail:d@x"))).isEmpty();

    world.execute(CASES.stream().map(each -> "UPDATE " + each.table() + " SET v = NULL").toList());
    keys.removeAll(untold);
    assertThat(world.lingering(keys)).as("streamed").isEmpty();
    assertThat(world.cachedOf(bystanders)).containsExactlyInAnyOrderElementsOf(bystanders);
    connect.stopConnector(prefix);
  }
}
