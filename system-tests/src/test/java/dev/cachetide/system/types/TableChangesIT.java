package dev.cachetide.system.types;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever is done to a table: the right keys leave, or more of them, and changes go on. */
final class TableChangesIT {

  private static final String RULES =
      """
      ingest: { partitions: 2, heartbeat: 300ms }
      rules:
        - { name: long, source: { schema: public, table: long }, evict: [ { key: "long:{t}" },
            { key: "longs:{ts}" }, { key: "ints:{ints}" }, { key: "bytes:{b}" },
            { key: "doc:{j}" }, { key: "moods:{m}" }, { key: "amounts:{ns}" } ] }
        - { name: thick, source: { schema: public, table: thick }, evict: [ { key: "thick:{k}" } ] }
        - { name: labels, source: { schema: public, table: labels },
            evict: [ { key: "label:{labels[]}" }, { key: "number:{numbers[]}" },
                     { key: "level:{doc|json:$.level}" } ] }
        - { name: parent, source: { schema: public, table: parent }, evict: [ { key: "parent:{id}" } ] }
        - { name: child, source: { schema: public, table: child }, evict: [ { key: "child:{id}" } ] }
        - { name: other, source: { schema: public, table: other }, evict: [ { key: "other:{id}" } ] }
        - { name: parted, source: { schema: public, table: parted },
            evict: [ { key: "parted:{region}:{id}" } ] }
        - { name: odd, source: { schema: 'My "Schema".x', table: 'Ta.ble Ü"q' },
            evict: [ { key: 'odd:{"Co.l ""x"" ü"}' } ] }
        - { name: spaced, source: { schema: public, table: 'a b' }, evict: [ { key: "spaced:{x}" } ] }
        - { name: scored, source: { schema: public, table: 'a_b' }, evict: [ { key: "scored:{x}" } ] }
        - { name: people, source: { schema: public, table: people },
            evict: [ { key: "p:{id}" }, { key: "mail:{mail}" } ] }
      """;

  @TempDir private static Path directory;
  private static TypesWorld world;

  @BeforeAll
  static void start() throws Exception {
    world = new TypesWorld();
    world.execute(
        "CREATE TYPE mood AS ENUM ('sad', 'ok')",
        "CREATE TABLE long (id int PRIMARY KEY, n int, t text, ts text[], ints int[], b bytea,"
            + " j jsonb, m mood[], ns numeric[])",
        "CREATE TABLE thick (k text PRIMARY KEY, n int)",
        "CREATE TABLE labels (id int PRIMARY KEY, labels text[], numbers int[], doc jsonb)",
        "CREATE TABLE parent (id int PRIMARY KEY)",
        "CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent,"
            + " twice int GENERATED ALWAYS AS (id * 2) STORED)",
        "CREATE TABLE other (id int PRIMARY KEY)",
        "CREATE TABLE parted (region text, id int, PRIMARY KEY (region, id))"
            + " PARTITION BY LIST (region)",
        "CREATE TABLE parted_a PARTITION OF parted FOR VALUES IN ('a')",
        "CREATE TABLE parted_b PARTITION OF parted FOR VALUES IN ('b')",
        "CREATE SCHEMA \"My \"\"Schema\"\".x\"",
        "CREATE TABLE \"My \"\"Schema\"\".x\".\"Ta.ble Ü\"\"q\" (\"Co.l \"\"x\"\" ü\" text PRIMARY KEY)",
        "CREATE TABLE \"a b\" (x text PRIMARY KEY)",
        "CREATE TABLE a_b (x text PRIMARY KEY)",
        "CREATE TABLE people (id int PRIMARY KEY, mail text)");
    for (String table : List.of("long", "labels", "people")) {
      world.execute("ALTER TABLE " + table + " REPLICA IDENTITY FULL");
    }
    for (String column : List.of("t", "ts", "ints", "b", "m", "ns")) {
      world.execute("ALTER TABLE long ALTER " + column + " SET STORAGE EXTERNAL");
    }
    world.execute("ALTER TABLE thick ALTER k SET STORAGE EXTERNAL");
    world.startPipeline("changes", directory, RULES);
    world.settle("changes");
  }

  @AfterAll
  static void stop() throws SQLException {
    world.close();
  }

  @Test
  void values_that_are_stored_out_of_line_and_have_not_changed_name_their_keys() throws Exception {
    world.execute(
        "INSERT INTO long SELECT 1, 0, repeat('t', 9000), array_fill('x'::text, ARRAY[3000]),"
            + " array_fill(7, ARRAY[3000]), decode(repeat('ca', 9000), 'hex'),"
            + " to_jsonb(array_fill(8, ARRAY[3000])), array_fill('sad'::mood, ARRAY[3000]),"
            + " array_fill(1.5, ARRAY[3000])");
    passed();
    List<String> keys =
        List.of(
            "long:" + "t".repeat(9_000),
            "longs:" + array("\"x\""),
            "ints:" + array("7"),
            "bytes:" + "ca".repeat(9_000),
            "doc:[" + "8, ".repeat(2_999) + "8]",
            "moods:" + array("\"sad\""),
            "amounts:" + array("\"1.5\""));
    world.cache(keys);
    world.cache("long:other", "longs:other", "ints:other", "moods:other", "amounts:other");

    world.execute("UPDATE long SET n = 1");

    assertThat(world.lingering(keys).stream().map(key -> key.substring(0, 8))).isEmpty();
    assertThat(
            world.cachedOf(
                List.of("long:other", "longs:other", "ints:other", "moods:other", "amounts:other")))
        .hasSize(5);
  }

  private static String array(String element) {
    return "[" + (element + ",").repeat(2_999) + element + "]";
  }

  @Test
  void a_primary_key_that_is_stored_out_of_line_names_its_key() throws Exception {
    String key = "k".repeat(2_500);
    world.execute("INSERT INTO thick VALUES ('" + key + "', 0)");
    passed();
    world.cache("thick:" + key, "thick:other");

    world.execute("UPDATE thick SET n = 1");

    assertThat(world.lingering(List.of("thick:" + key))).isEmpty();
    assertThat(world.cachedOf(List.of("thick:other"))).hasSize(1);
  }

  @Test
  void elements_of_arrays_and_a_path_into_jsonb_name_keys_one_by_one() throws Exception {
    world.execute("INSERT INTO labels VALUES (1, '{a,\"b c\",NULL}', '{1,2}', '{\"level\": 3}')");
    passed();
    List<String> leaving =
        List.of("label:a", "label:b c", "label:d", "number:1", "number:2", "level:3", "level:4");
    List<String> staying = List.of("label:e", "number:3", "level:5");
    world.cache(leaving);
    world.cache(staying);

    world.execute(
        "UPDATE labels SET labels = '{d}', numbers = '{}', doc = '{\"level\": 4}'"
            + " WHERE id = 1");

    assertThat(world.lingering(leaving)).isEmpty();
    assertThat(world.cachedOf(staying)).hasSize(3);
  }

  @Test
  void elements_that_are_too_long_for_an_event_or_of_two_dimensions_evict_all() throws Exception {
    world.execute("INSERT INTO labels VALUES (2, '{a}', '{1}', NULL)");
    passed();
    world.cache("number:5000", "number:any");
    world.execute(
        "UPDATE labels SET numbers = ARRAY(SELECT generate_series(1, 200000)) WHERE id = 2");
    assertThat(world.lingering(List.of("number:5000", "number:any"))).isEmpty();

    world.cache("label:any");
    world.execute("UPDATE labels SET labels = '{{a,b},{c,d}}' WHERE id = 2");
    assertThat(world.lingering(List.of("label:any"))).isEmpty();
  }

  @Test
  void a_truncate_of_several_tables_and_of_those_that_refer_to_them() throws Exception {
    world.execute("INSERT INTO parent VALUES (1)", "INSERT INTO child (id, parent) VALUES (1, 1)");
    passed();
    world.cache("parent:7", "child:7", "other:7");

    world.execute("TRUNCATE parent CASCADE");
    assertThat(world.lingering(List.of("parent:7", "child:7"))).isEmpty();
    assertThat(world.cachedOf(List.of("other:7"))).hasSize(1);

    world.cache("parent:7", "child:7");
    world.execute("TRUNCATE child, other, parent");
    assertThat(world.lingering(List.of("parent:7", "child:7", "other:7"))).isEmpty();
  }

  @Test
  void rows_and_partitions_that_come_and_go() throws Exception {
    world.execute(
        "INSERT INTO parted VALUES ('a', 1), ('a', 2)",
        "CREATE TABLE parted_c (LIKE parted INCLUDING ALL)",
        "INSERT INTO parted_c VALUES ('c', 1)");
    passed();
    world.cache("parted:a:1", "parted:b:1", "parted:a:2");
    world.execute("UPDATE parted SET region = 'b' WHERE id = 1");
    assertThat(world.lingering(List.of("parted:a:1", "parted:b:1"))).isEmpty();
    assertThat(world.cachedOf(List.of("parted:a:2"))).hasSize(1);

    world.cache("parted:c:1", "other:8");
    world.execute("ALTER TABLE parted ATTACH PARTITION parted_c FOR VALUES IN ('c')");
    assertThat(world.lingering(List.of("parted:c:1"))).isEmpty();
    passed();
    world.cache("parted:c:2");
    world.execute("INSERT INTO parted VALUES ('c', 2)");
    assertThat(world.lingering(List.of("parted:c:2"))).isEmpty();

    world.cache("parted:c:1");
    world.execute("TRUNCATE parted_c");
    assertThat(world.lingering(List.of("parted:c:1"))).isEmpty();
    world.cache("parted:b:1");
    world.execute("ALTER TABLE parted DETACH PARTITION parted_b");
    assertThat(world.lingering(List.of("parted:b:1"))).isEmpty();
    assertThat(world.cachedOf(List.of("other:8"))).hasSize(1);
  }

  @Test
  void quoted_names_and_tables_that_share_a_topic_and_so_each_others_rules() throws Exception {
    passed();
    world.cache("odd:v", "odd:w", "spaced:v", "scored:w", "spaced:u", "scored:u");
    world.execute("INSERT INTO \"My \"\"Schema\"\".x\".\"Ta.ble Ü\"\"q\" VALUES ('v')");
    world.execute("INSERT INTO \"a b\" VALUES ('v')", "INSERT INTO a_b VALUES ('w')");

    assertThat(world.lingering(List.of("odd:v", "spaced:v", "scored:w"))).isEmpty();
    assertThat(world.cachedOf(List.of("odd:w", "spaced:u", "scored:u"))).hasSize(3);
  }

  @Test
  void columns_that_come_go_and_change_and_tables_that_are_renamed_and_made_anew()
      throws Exception {
    world.execute("INSERT INTO people VALUES (1, 'A@x'), (2, 'b@x')");
    ddl("ALTER TABLE people ADD COLUMN age int DEFAULT 7");
    ddl("ALTER TABLE people ALTER COLUMN mail TYPE text USING lower(mail)");
    ddl("ALTER TABLE people ALTER COLUMN id TYPE bigint");
    ddl("ALTER TABLE people DROP COLUMN age");
    touched("p:1", "mail:a@x", "mail:c@x", "UPDATE people SET mail = 'c@x' WHERE id = 1");

    ddl("ALTER TABLE people RENAME COLUMN mail TO email");
    passed();
    double poison = world.count("poison");
    world.cache("mail:any", "p:2", "p:3");
    world.execute("UPDATE people SET email = 'd@x' WHERE id = 2");
    assertThat(world.lingering(List.of("mail:any", "p:2"))).isEmpty();
    assertThat(world.cachedOf(List.of("p:3"))).hasSize(1);
    Awaitility.await().atMost(TypesWorld.SOON).until(() -> world.count("poison") > poison);
    ddl("ALTER TABLE people RENAME COLUMN email TO mail");

    ddl("ALTER TABLE people RENAME TO persons");
    ddl("ALTER TABLE persons RENAME TO people");
    touched("p:2", "mail:d@x", "mail:e@x", "UPDATE people SET mail = 'e@x' WHERE id = 2");

    ddl("DROP TABLE people");
    ddl("CREATE TABLE people (mail text, id int PRIMARY KEY)");
    world.execute("ALTER TABLE people REPLICA IDENTITY FULL");
    Awaitility.await("the new table to be captured")
        .atMost(Duration.ofSeconds(40))
        .until(TableChangesIT::isCaptured);
    world.execute("INSERT INTO people VALUES ('f@x', 5)");
    touched("p:5", "mail:f@x", "mail:g@x", "UPDATE people SET mail = 'g@x' WHERE id = 5");
  }

  /** What was cached of the table before leaves, although no row was touched. */
  private static void ddl(String sql) throws SQLException {
    passed();
    world.cache("p:77", "mail:77");
    world.execute(sql);
    assertThat(world.lingering(List.of("p:77", "mail:77"))).as(sql).isEmpty();
  }

  private static void touched(String key, String before, String after, String sql)
      throws SQLException {
    passed();
    world.cache(key, before, after, "p:99");
    world.execute(sql);
    assertThat(world.lingering(List.of(key, before, after))).as(sql).isEmpty();
    assertThat(world.cachedOf(List.of("p:99"))).hasSize(1);
  }

  private static boolean isCaptured() throws SQLException {
    world.cache("p:78");
    world.execute("INSERT INTO people VALUES ('h@x', 78)", "DELETE FROM people WHERE id = 78");
    passed();
    return world.cachedOf(List.of("p:78")).isEmpty();
  }

  /** Lets earlier changes, and looks at the tables, pass. */
  private static void passed() throws SQLException {
    world.passed("changes");
  }
}
