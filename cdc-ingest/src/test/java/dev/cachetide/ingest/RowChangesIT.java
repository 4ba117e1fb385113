package dev.cachetide.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.ingest.Topic.Event;
import dev.cachetide.wire.Headers;
import java.sql.SQLException;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a consumer of the topics sees of each kind of row change. */
class RowChangesIT {

  private static final World world =
      new World(
          "rows",
          "rows.item",
          "rows.whole",
          "rows.keyless",
          "rows.Odd \"N,a.me",
          "rows.typed",
          "rows.parted");
  private static CdcIngest ingest = world.ingest();

  @BeforeAll
  static void start() throws SQLException {
    World.execute(
        "CREATE SCHEMA rows",
        "CREATE TABLE rows.item (id int PRIMARY KEY, v text)",
        "CREATE TABLE rows.whole (id int PRIMARY KEY, v text)",
        "ALTER TABLE rows.whole REPLICA IDENTITY FULL",
        "CREATE TABLE rows.keyless (a int, b text)",
        "ALTER TABLE rows.keyless REPLICA IDENTITY FULL",
        "CREATE TABLE rows.\"Odd \"\"N,a.me\" (\"Id\" int PRIMARY KEY, \"v:al\" text)",
        "CREATE TYPE rows.mood AS ENUM ('good', 'bad')",
        "CREATE TABLE rows.typed (id int PRIMARY KEY, n numeric, d date, ts timestamp, tz timestamptz,"
            + " t time, iv interval, b bytea, u uuid, j jsonb, m rows.mood, a text[], na int[],"
            + " yes boolean, f double precision, big bigint, net inet, mon money, span int4range)",
        "CREATE TABLE rows.parted (id int PRIMARY KEY, v text) PARTITION BY RANGE (id)",
        "CREATE TABLE rows.parted_low PARTITION OF rows.parted FOR VALUES FROM (0) TO (100)");
    ingest = world.running();
  }

  @AfterAll
  static void stop() {
    ingest.close();
  }

  @Test
  void insert_update_and_delete_arrive_in_order_under_the_rows_key() throws Exception {
    World.execute(
        "INSERT INTO rows.item VALUES (1, 'a')",
        "UPDATE rows.item SET v = 'b' WHERE id = 1",
        "DELETE FROM rows.item WHERE id = 1");
    List<Event> events = ofKey(1, 3);
    assertThat(events).extracting(Event::op).containsExactly("c", "u", "d");
    assertThat(events).extracting(event -> event.key().toString()).containsOnly("{\"id\":1}");
    assertThat(events.get(1).after().path("v").asText()).isEqualTo("b");
    assertThat(events.get(2).before().path("id").asInt()).isEqualTo(1);
    assertThat(events.get(0).value().path("source").path("table").asText()).isEqualTo("item");
  }

  @Test
  void each_event_tells_its_64_bit_transaction_and_its_place_in_it() throws Exception {
    World.execute(
        "BEGIN; INSERT INTO rows.item VALUES (20, 'a');"
            + " UPDATE rows.item SET v = pg_current_xact_id()::text WHERE id = 20; COMMIT");
    List<Event> events = ofKey(20, 2);
    String xid = events.get(1).after().path("v").asText();
    assertThat(events).extracting(event -> event.headers().get(Headers.XID)).containsOnly(xid);
    assertThat(events)
        .extracting(event -> event.headers().get(Headers.TRANSACTION_ORDER))
        .containsExactly("0", "1");
    assertThat(events).noneMatch(event -> event.headers().containsKey(Headers.ECHO));
    assertThat(events).noneMatch(event -> event.headers().containsKey(Headers.EARLY));
    assertThat(events)
        .allSatisfy(
            event ->
                assertThat(event.headers().get(Headers.COMMITTED))
                    .isEqualTo(events.get(0).value().path("source").path("ts_us").asText()));
  }

  @Test
  void a_changed_primary_key_is_a_delete_of_the_old_and_a_create_of_the_new() throws Exception {
    World.execute(
        "INSERT INTO rows.item VALUES (30, 'a')", "UPDATE rows.item SET id = 31 WHERE id = 30");
    assertThat(ofKey(30, 2)).extracting(Event::op).containsExactly("c", "d");
    assertThat(ofKey(31, 1)).extracting(Event::op).containsExactly("c");
  }

  @Test
  void a_truncate_reaches_every_partition_without_a_key() throws Exception {
    World.execute("TRUNCATE rows.whole");
    List<Event> events = world.read("rows", "whole").until("3 truncates", atLeast(3, "t"));
    List<Event> truncates = events.stream().filter(event -> event.op().equals("t")).toList();
    assertThat(truncates).extracting(Event::partition).containsExactlyInAnyOrder(0, 1, 2);
    assertThat(truncates).allMatch(event -> event.key().isMissingNode());
  }

  @Test
  void a_rolled_back_transaction_publishes_nothing() throws Exception {
    World.execute(
        "BEGIN; INSERT INTO rows.item VALUES (40, 'no'); ROLLBACK",
        "INSERT INTO rows.item VALUES (41, 'yes')");
    ofKey(41, 1);
    assertThat(world.read("rows", "item").now())
        .noneMatch(event -> event.key().path("id").asInt() == 40);
  }

  @Test
  void every_row_of_a_copy_arrives() throws Exception {
    World.execute("COPY rows.item (id, v) FROM PROGRAM 'seq -f %g,copied 1000 3999' CSV");
    List<Event> events =
        world
            .read("rows", "item")
            .until(
                "3000 copied rows",
                all -> all.stream().filter(RowChangesIT::copied).count() >= 3_000);
    assertThat(
            events.stream()
                .filter(RowChangesIT::copied)
                .map(event -> event.key().path("id").asInt()))
        .doesNotHaveDuplicates()
        .hasSize(3_000);
  }

  @Test
  void a_full_replica_identity_gives_the_whole_row_before() throws Exception {
    World.execute(
        "INSERT INTO rows.whole VALUES (7, 'old')", "UPDATE rows.whole SET v = 'new' WHERE id = 7");
    List<Event> events = world.read("rows", "whole").until("an update", atLeast(1, "u"));
    Event update =
        events.stream().filter(event -> event.op().equals("u")).findFirst().orElseThrow();
    assertThat(update.before().path("v").asText()).isEqualTo("old");
    assertThat(update.after().path("v").asText()).isEqualTo("new");
  }

  @Test
  void rows_without_a_key_keep_their_order_in_one_partition() throws Exception {
    World.execute(
        "INSERT INTO rows.keyless VALUES (1, 'a')",
        "UPDATE rows.keyless SET b = 'b'",
        "DELETE FROM rows.keyless");
    List<Event> events = world.read("rows", "keyless").first(3);
    assertThat(events).extracting(Event::op).containsExactly("c", "u", "d");
    assertThat(events).extracting(Event::partition).containsOnly(0);
    assertThat(events.get(2).before().path("b").asText()).isEqualTo("b");
  }

  @Test
  void an_unchanged_toasted_value_is_a_placeholder() throws Exception {
    World.execute(
        "ALTER TABLE rows.item ALTER v SET STORAGE EXTERNAL",
        "INSERT INTO rows.item VALUES (50, repeat('x', 20000))",
        "ALTER TABLE rows.item ADD COLUMN IF NOT EXISTS other int",
        "UPDATE rows.item SET other = 1 WHERE id = 50");
    List<Event> events = ofKey(50, 2);
    assertThat(events.get(0).after().path("v").asText()).hasSize(20_000);
    assertThat(events.get(1).after().path("v").asText()).isEqualTo(EventTrimmer.PLACEHOLDER);
    assertThat(events.get(1).after().path("other").asInt()).isEqualTo(1);
  }

  @Test
  void an_event_too_large_for_kafka_arrives_with_its_long_values_left_out() throws Exception {
    World.execute("INSERT INTO rows.whole VALUES (60, repeat('x', 3000000))");
    List<Event> events =
        world
            .read("rows", "whole")
            .until("row 60", all -> all.stream().anyMatch(e -> e.key().path("id").asInt() == 60));
    Event large =
        events.stream().filter(e -> e.key().path("id").asInt() == 60).findFirst().orElseThrow();
    assertThat(large.after().path("v").asText()).isEqualTo(EventTrimmer.PLACEHOLDER);
  }

  @Test
  void odd_names_are_captured_and_their_topic_is_spelt_as_debezium_spells_it() throws Exception {
    World.execute("INSERT INTO rows.\"Odd \"\"N,a.me\" VALUES (1, 'x')");
    List<Event> events = world.read("rows", "Odd \"N,a.me").first(1);
    assertThat(world.topic("rows", "Odd \"N,a.me")).isEqualTo("rows.rows.Odd__N_a.me");
    assertThat(events.get(0).key().toString()).isEqualTo("{\"Id\":1}");
    assertThat(events.get(0).after().path("v:al").asText()).isEqualTo("x");
    assertThat(events.get(0).value().path("source").path("table").asText())
        .isEqualTo("Odd \"N,a.me");
  }

  @Test
  void a_partitioned_tables_rows_arrive_under_the_root_tables_name() throws Exception {
    World.execute("INSERT INTO rows.parted VALUES (5, 'x')");
    List<Event> events = world.read("rows", "parted").first(1);
    assertThat(events.get(0).key().path("id").asInt()).isEqualTo(5);
  }

  @Test
  void values_arrive_in_their_text_forms() throws Exception {
    World.execute(
        "INSERT INTO rows.typed VALUES (1, 12345678901234567890.10, '2024-02-29',"
            + " '2024-02-29 12:34:56.789012', '2024-02-29 12:34:56.789012+02', '12:34:56.5',"
            + " '1 day 2 hours', '\\xdeadbeef', '0c4aa5b1-7b1e-4b0a-9f0e-3d7d2a1f7a11',"
            + " '{\"a\": [1, null]}', 'bad', ARRAY['x', NULL, 'y,z'], ARRAY[1, 2],"
            + " true, 0.1, 9223372036854775807, '10.0.0.1/8', 12.34, '[1,5)')",
        "INSERT INTO rows.typed (id) VALUES (2)");
    List<Event> events = world.read("rows", "typed").first(2);
    var row =
        events.stream()
            .map(Event::after)
            .filter(after -> after.path("id").asInt() == 1)
            .findFirst()
            .orElseThrow();
    assertThat(row.path("n").asText()).isEqualTo("12345678901234567890.10");
    assertThat(row.path("d").asText()).isEqualTo("2024-02-29Z");
    assertThat(row.path("ts").asText()).isEqualTo("2024-02-29T12:34:56.789012Z");
    assertThat(row.path("tz").asText()).isEqualTo("2024-02-29T10:34:56.789012Z");
    assertThat(row.path("t").asText()).isEqualTo("12:34:56.5Z");
    assertThat(row.path("b").asText()).isEqualTo("deadbeef");
    assertThat(row.path("u").asText()).isEqualTo("0c4aa5b1-7b1e-4b0a-9f0e-3d7d2a1f7a11");
    assertThat(row.path("j").asText()).isEqualTo("{\"a\": [1, null]}");
    assertThat(row.path("m").asText()).isEqualTo("bad");
    assertThat(row.path("a").toString()).isEqualTo("[\"x\",null,\"y,z\"]");
    assertThat(row.path("na").toString()).isEqualTo("[1,2]");
    assertThat(row.path("yes").asBoolean()).isTrue();
    assertThat(row.path("f").asDouble()).isEqualTo(0.1);
    assertThat(row.path("big").asText()).isEqualTo("9223372036854775807");
    assertThat(row.path("net").asText()).isEqualTo("10.0.0.1/8");
    assertThat(row.path("mon").asText()).isEqualTo("12.34");
    assertThat(row.path("span").asText()).isEqualTo("[1,5)");
    assertThat(row.path("iv").asText()).isEqualTo("P0Y0M1DT2H0M0S");
    var empty =
        events.stream()
            .map(Event::after)
            .filter(after -> after.path("id").asInt() == 2)
            .findFirst()
            .orElseThrow();
    assertThat(empty.path("n").isNull()).isTrue();
    assertThat(empty.path("a").isNull()).isTrue();
  }

  @Test
  void what_write_behind_wrote_is_marked_as_its_echo() throws Exception {
    World.execute(
        "INSERT INTO cachetide.consumer_offset VALUES ('g', 'w.writes', 2, 'id', 1, 0, 'me')"
            + " ON CONFLICT DO NOTHING",
        "BEGIN; UPDATE cachetide.consumer_offset SET next_offset = 18 WHERE \"group\" = 'g';"
            + " INSERT INTO rows.item VALUES (70, 'mine'); COMMIT",
        "INSERT INTO rows.item VALUES (71, 'not mine')");
    assertThat(ofKey(70, 1).get(0).headers()).containsEntry(Headers.ECHO, "w.writes/2/17");
    assertThat(ofKey(71, 1).get(0).headers()).doesNotContainKey(Headers.ECHO);
  }

  @Test
  void the_first_start_is_announced_to_the_workers() {
    List<Event> events = world.read("cachetide", "generation").first(1);
    assertThat(events.get(0).after().path("pipeline").asText()).isEqualTo("rows");
    assertThat(events.get(0).after().path("scope").asText()).isEqualTo("*");
  }

  private static List<Event> ofKey(int id, int count) {
    Predicate<Event> mine = event -> event.key().path("id").asInt() == id;
    return world
        .read("rows", "item")
        .until(count + " of " + id, all -> all.stream().filter(mine).count() >= count)
        .stream()
        .filter(mine)
        .toList();
  }

  private static boolean copied(Event event) {
    return event.after().path("v").asText().equals("copied");
  }

  private static Predicate<List<Event>> atLeast(int count, String op) {
    return events -> events.stream().filter(event -> event.op().equals(op)).count() >= count;
  }
}
