package dev.cachetide.system;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.cachetide.internal.fenced.Content;
import dev.cachetide.internal.fenced.Entry;
import dev.cachetide.internal.fenced.Origin;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.CRC32;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * From SQL to what stands under keys, whoever makes the change topics: rows change while others
 * read them, and at rest every mirrored row is the table's, every fenced entry absent or the
 * table's, and the same row has the same JSON whether an event told it or a query.
 */
interface RefreshScenes {

  Duration LIMIT = Duration.ofSeconds(60);
  int ROWS = 20;

  List<String> REFRESHED_TABLES =
      List.of(
          "CREATE TYPE mood AS ENUM ('sad', 'ok')",
          "CREATE TABLE things (id bigint PRIMARY KEY, grp int NOT NULL, n int NOT NULL, amount"
              + " numeric(12,3), ratio float8, yes boolean, doc jsonb, tags text[], at timestamptz,"
              + " day date, raw bytea, mood mood, note text)",
          "ALTER TABLE things REPLICA IDENTITY FULL");

  String REFRESHES =
      """
        - name: things
          source: { schema: public, table: things }
          refresh:
            - { key: "mirror:{id}", mode: mirror, ttl: 1h }
            - { key: "hash:{id}", mode: mirror, as: hash, columns: { id: id, number: n, note: note }, ttl: 1h, jitter: 10% }
            - { key: "made:{id}", type: com.shop.Thing, create: true, ttl: 1h }
            - { key: "seen:{id}", type: com.shop.Thing, ttl: 1h }
            - key: "sum:{grp}"
              type: com.shop.Sum
              create: true
              ttl: 1h
              query: "SELECT grp, count(*) AS rows, sum(n) AS total FROM things WHERE grp = ANY(:grp) GROUP BY grp"
            - { key: "plain:{id}", mode: plain, again: 3s }
      """;

  /** With {@link #REFRESHED_TABLES} and {@link #REFRESHES}. */
  PipelineWorld world();

  /** How often a row changes while others read. */
  default int changes() {
    return Scale.of(1_500, 20_000);
  }

  @Test
  default void at_rest_what_stands_under_a_key_is_what_the_table_holds() throws Exception {
    long seed = Long.getLong("seed", System.nanoTime());
    Random random = new Random(seed);
    AtomicBoolean running = new AtomicBoolean(true);
    Thread reader = new Thread(() -> read(running, seed));
    reader.start();
    for (int i = 0; i < changes(); i++) {
      change(random);
    }
    running.set(false);
    reader.join();
    world().execute("INSERT INTO things (id, grp, n) VALUES (1000, 1000, 0)");
    Awaitility.await("the last change")
        .atMost(LIMIT)
        .until(() -> get("mirror:1000") != null && payload("sum:1000") != null);
    int seen = 0;
    for (int id = 1; id <= ROWS; id++) {
      // Other partitions may be a little behind the last change's.
      int row = id;
      Awaitility.await("-Dseed=" + seed).atMost(LIMIT).untilAsserted(() -> check(row));
      seen += payload("seen:" + id) == null ? 0 : 1;
    }
    System.out.printf("%d of %d entries that readers filled stand, -Dseed=%d%n", seen, ROWS, seed);
  }

  private void check(int id) throws Exception {
    String mirror = text(get("mirror:" + id));
    String made = payload("made:" + id);
    String seen = payload("seen:" + id);
    String n = one("SELECT n::text FROM things WHERE id = " + id);
    assertThat(mirror == null).as("row %d", id).isEqualTo(n == null);
    // Absent after a row was deleted and inserted again in one batch: an eviction wins.
    assertThat(made).as("the event's image and the query's").isIn(mirror, null);
    assertThat(seen).isIn(mirror, null);
    if (mirror != null) {
      assertThat(JsonMapper.builder().build().readTree(mirror).path("n").asText()).isEqualTo(n);
      assertThat(mirror).isEqualTo(expected(id));
    }
  }

  /** The row as Postgres itself writes JSON, with the forms that it has no word for put in. */
  private @Nullable String expected(int id) throws SQLException {
    String json =
        one(
            "SELECT '{' || concat_ws(',', '\"id\":' || id, '\"grp\":' || grp, '\"n\":' || n,"
                + " '\"amount\":' || coalesce(amount::text, 'null'),"
                + " '\"ratio\":' || coalesce(ratio::text, 'null'),"
                + " '\"yes\":' || coalesce(yes::text, 'null'),"
                + " '\"doc\":' || coalesce(replace(replace(doc::text, ': ', ':'), ', ', ','), 'null'),"
                + " '\"tags\":' || coalesce(to_json(tags)::text, 'null'),"
                + " '\"at\":' || coalesce(to_json(to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'))::text, 'null'),"
                + " '\"day\":' || coalesce(to_json(day)::text, 'null'),"
                + " '\"raw\":' || coalesce(to_json(encode(raw, 'base64'))::text, 'null'),"
                + " '\"mood\":' || coalesce(to_json(mood)::text, 'null'),"
                + " '\"note\":' || coalesce(to_json(note)::text, 'null')) || '}'"
                + " FROM things WHERE id = "
                + id);
    return json;
  }

  private void change(Random random) throws SQLException {
    int id = 1 + random.nextInt(ROWS);
    switch (random.nextInt(8)) {
      case 0 -> world().execute("DELETE FROM things WHERE id = " + id);
      case 1 -> world().execute("UPDATE things SET n = n + 1, grp = 1 + grp % 5 WHERE id = " + id);
      default ->
          world()
              .execute(
                  "INSERT INTO things VALUES ("
                      + id
                      + ", 1, 0, 1.50, 0.1, true, '{\"b\": 1.50, \"a\": [null]}', '{a,\"b c\",NULL}',"
                      + " '2023-11-14 22:13:20+00', '2023-11-14', '\\xcafe', 'ok', repeat('é\"', 5))"
                      + " ON CONFLICT (id) DO UPDATE SET n = things.n + 1, amount = things.amount + 1");
    }
  }

  /** As a client does whose loader hands over its snapshot; refreshed in place ever after. */
  private void read(AtomicBoolean running, long seed) {
    Random random = new Random(seed + 1);
    try (Connection own = world().sandbox().postgres().connect();
        Statement statement = own.createStatement()) {
      while (running.get()) {
        int id = 1 + random.nextInt(ROWS);
        byte[] token = world().fenced().newToken();
        if (world().fenced().lease("seen:" + id, token, LIMIT).toCompletableFuture().get()
            == null) {
          fill(statement, id, token);
        }
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private void fill(Statement statement, int id, byte[] token) throws Exception {
    String sql =
        "SELECT pg_snapshot_xmin(pg_current_snapshot())::text,"
            + " pg_snapshot_xmax(pg_current_snapshot())::text, ("
            + "SELECT true FROM things WHERE id = "
            + id
            + ")";
    try (ResultSet row = statement.executeQuery(sql)) {
      row.next();
      Origin origin =
          Origin.load(1, Long.parseLong(row.getString(1)), Long.parseLong(row.getString(2)));
      // Only that there is no such row: what an image then replaces, or leaves.
      if (row.getString(3) == null) {
        CRC32 schema = new CRC32();
        schema.update("com.shop.Thing".getBytes(UTF_8));
        Content content =
            new Content(null, false, (int) schema.getValue(), 0, 0, Long.MAX_VALUE, Map.of());
        world()
            .fenced()
            .fill("seen:" + id, token, content, origin, LIMIT)
            .toCompletableFuture()
            .get();
        return;
      }
    }
    world().fenced().evict(List.of("seen:" + id)).toCompletableFuture().get();
  }

  @Test
  default void a_plain_key_is_evicted_a_second_time() throws Exception {
    world().execute("INSERT INTO things (id, grp, n) VALUES (2000, 2000, 0)");
    Awaitility.await().atMost(LIMIT).until(() -> get("mirror:2000") != null);
    world().redis().set("plain:2000", "early".getBytes(UTF_8), LIMIT).toCompletableFuture().get();
    world().execute("UPDATE things SET n = 1 WHERE id = 2000");
    Awaitility.await().atMost(LIMIT).until(() -> get("plain:2000") == null);
    world().redis().set("plain:2000", "late".getBytes(UTF_8), LIMIT).toCompletableFuture().get();
    Awaitility.await().atMost(LIMIT).until(() -> get("plain:2000") == null);
  }

  @Test
  default void an_emptied_table_leaves_nothing_behind() throws Exception {
    world().execute("INSERT INTO things (id, grp, n) VALUES (3000, 3000, 0)");
    Awaitility.await().atMost(LIMIT).until(() -> get("mirror:3000") != null);
    world().execute("TRUNCATE things");
    Awaitility.await().atMost(LIMIT).until(() -> get("mirror:3000") == null);
    Awaitility.await().atMost(LIMIT).until(() -> payload("made:3000") == null);
  }

  private byte @Nullable [] get(String key) throws Exception {
    return world().redis().get(key).toCompletableFuture().get(5, TimeUnit.SECONDS);
  }

  private @Nullable String text(byte @Nullable [] bytes) {
    return bytes == null ? null : new String(bytes, UTF_8);
  }

  /** Null too for an entry that says that there is no such row, and for a lease. */
  private @Nullable String payload(String key) throws Exception {
    Entry entry = Entry.parse(get(key));
    return entry instanceof Entry.Value value && !value.header().negative()
        ? new String(
            value.bytes(),
            value.body().offset(),
            value.bytes().length - value.body().offset(),
            UTF_8)
        : null;
  }

  private @Nullable String one(String sql) throws SQLException {
    try (Statement statement = world().connection().createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      return result.next() ? result.getString(1) : null;
    }
  }
}
