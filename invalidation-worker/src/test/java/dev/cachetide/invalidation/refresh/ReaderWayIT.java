package dev.cachetide.invalidation.refresh;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cachetide.RedisConfig;
import dev.cachetide.internal.fenced.Content;
import dev.cachetide.internal.fenced.Entry;
import dev.cachetide.internal.fenced.FencedStore;
import dev.cachetide.internal.fenced.Spared;
import dev.cachetide.internal.redis.RedisLink;
import dev.cachetide.invalidation.refresh.Refreshes.Load;
import dev.cachetide.key.KeyTemplate;
import dev.cachetide.key.KeyTemplate.Compilation;
import dev.cachetide.runtime.postgres.Catalog;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.settings.PostgresSettings;
import dev.cachetide.runtime.settings.RefreshSettings;
import dev.cachetide.runtime.settings.RefreshSettings.As;
import dev.cachetide.runtime.settings.RefreshSettings.Mode;
import dev.cachetide.sandbox.SandboxPostgres;
import dev.cachetide.sandbox.SandboxRedis;
import dev.cachetide.wire.TableName;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Entries made from a real Postgres in a real Redis, in random schedules: rows change and evictions
 * of other workers arrive before, between and after every lease, load and fill.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
final class ReaderWayIT {

  private static final TableName ITEMS = new TableName("public", "items");
  private static final int SCHEDULES = Boolean.getBoolean("full") ? 2_000 : 60;
  private static final int UNTIL_BROKEN = 300;
  private static final int ROWS = 3;

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final List<Integer> events = new ArrayList<>();
  private final Map<String, RowSource.Loaded> earlier = new HashMap<>();
  private boolean quiet;
  private SandboxPostgres postgres;
  private SandboxRedis redis;
  private RedisLink link;
  private FencedStore fenced;
  private Connection connection;
  private RowReader rows;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    postgres = SandboxPostgres.start(directory);
    redis = SandboxRedis.builder().start();
    link = RedisLink.open(RedisConfig.of(redis.uri()).withTimeout(Duration.ofSeconds(5)), () -> {});
    await().until(link::connected);
    fenced = new FencedStore(link, this::token);
    connection = postgres.connect();
    execute("CREATE TABLE items (id int PRIMARY KEY, v int NOT NULL)");
    Catalog catalog = Catalog.load(connection, List.of(ITEMS));
    rows = new RowReader(connector(), catalog::table);
  }

  private PostgresConnector connector() {
    return new PostgresConnector(
        new PostgresSettings(
            postgres.jdbcUrl(),
            postgres.user(),
            postgres.password(),
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Map.of()),
        "test");
  }

  @AfterAll
  void stop() throws SQLException {
    rows.close();
    connection.close();
    link.close();
    redis.close();
    postgres.close();
  }

  private byte[] token() {
    byte[] token = new byte[16];
    random.nextBytes(token);
    return token;
  }

  @Test
  void at_rest_every_entry_is_absent_or_as_the_database_has_it() throws Exception {
    assertThat(run(SCHEDULES, refresh(null), source -> source)).as("-Dseed=%d", seed).isNull();
  }

  @Test
  void derived_values_too() throws Exception {
    String query = "SELECT id, v::text AS v, v IS NULL AS w FROM items WHERE id = ANY(:id)";
    Refresh refresh = refresh(query);

    assertThat(run(SCHEDULES, refresh, source -> source)).as("-Dseed=%d", seed).isNull();
    assertThat(value(refresh, 1)).isEqualTo("{\"id\":1,\"v\":\"1\",\"w\":false}");
  }

  @Test
  void rows_that_were_read_before_the_lease_leave_something_stale() throws Exception {
    assertThat(run(UNTIL_BROKEN, refresh(null), this::late))
        .as("reading too early goes unnoticed, -Dseed=%d", seed)
        .isNotNull();
  }

  @Test
  void a_row_that_is_not_there_gives_its_lease_back() throws Exception {
    assertThat(value(refresh(null), 99)).isNull();
  }

  @Test
  void without_postgres_keys_are_evicted_and_nothing_is_made() throws Exception {
    Refresh refresh = refresh(null);
    RowSource away =
        new Interposed(rows) {
          @Override
          public Loaded load(Refresh any, List<Map<String, @Nullable String>> some)
              throws SQLException {
            throw new SQLException("away", "08006");
          }
        };
    link.set("item:1", new byte[] {'V'}, Duration.ofMinutes(1)).toCompletableFuture().get();
    reader(away).load(refresh, load(refresh, 1), OptionalLong.of(7));

    assertThat(link.get("item:1").toCompletableFuture().get()).isNull();
  }

  @Test
  void a_dirty_entry_is_left_alone_or_makes_way_for_the_row() throws Exception {
    Refresh refresh = refresh(null);
    byte[] dirty =
        new Content(new byte[] {1}, false, 1, 7, 0, 0, Map.of()).dirty(2, 9, new byte[16]);
    execute("DELETE FROM items", "INSERT INTO items VALUES (1, 1)");
    link.set("item:1", dirty, Duration.ofMinutes(1)).toCompletableFuture().get();
    for (Spared spared : List.of(Spared.PENDING, Spared.after(2, 8))) {
      reader(rows).load(refresh, load(refresh, 1, spared), OptionalLong.of(7));
      assertThat(link.get("item:1").toCompletableFuture().get()).isEqualTo(dirty);
    }
    reader(rows).load(refresh, load(refresh, 1, Spared.after(2, 9)), OptionalLong.of(7));

    assertThat(payload("item:1")).isEqualTo("{\"id\":1,\"v\":1}");
  }

  private @Nullable String value(Refresh refresh, int id) throws Exception {
    execute("DELETE FROM items", "INSERT INTO items VALUES (1, 1)");
    reader(rows).load(refresh, load(refresh, id), OptionalLong.of(7));
    return payload("item:" + id);
  }

  private @Nullable String run(int schedules, Refresh refresh, UnaryOperator<RowSource> change)
      throws Exception {
    ReaderWay way = reader(change.apply(new Meddling(rows)));
    for (int i = 0; i < schedules; i++) {
      earlier.clear();
      events.clear();
      execute("DELETE FROM items", "INSERT INTO items VALUES (1, 0), (2, 0)");
      fenced.evict(List.of("item:1", "item:2", "item:3")).toCompletableFuture().get();
      for (int step = 0; step < 12; step++) {
        meddle();
        deliver(way, refresh);
      }
      quiet = true;
      while (!events.isEmpty()) {
        deliver(way, refresh);
      }
      quiet = false;
      String wrong = wrong(refresh);
      if (wrong != null) {
        return "schedule " + i + ": " + wrong;
      }
    }
    return null;
  }

  private void deliver(ReaderWay way, Refresh refresh) throws Exception {
    if (!events.isEmpty()) {
      Integer id = events.remove(random.nextInt(events.size()));
      if (!quiet && random.nextInt(4) == 0) {
        events.add(id);
      }
      way.load(refresh, load(refresh, id), OptionalLong.of(7));
    }
  }

  private static Map<String, Load> load(Refresh refresh, int id) {
    return load(refresh, id, Spared.NONE);
  }

  private static Map<String, Load> load(Refresh refresh, int id, Spared spared) {
    Map<String, @Nullable String> row = new HashMap<>();
    row.put("id", Integer.toString(id));
    return Map.of("item:" + id, new Load(refresh, row, spared));
  }

  private @Nullable String wrong(Refresh refresh) throws Exception {
    for (int id = 1; id <= ROWS; id++) {
      String cached = payload("item:" + id);
      List<Map<String, @Nullable String>> key = List.of(load(refresh, id).get("item:" + id).row());
      RowSource.Loaded loaded = rows.load(refresh, key);
      String stored =
          loaded.rows().isEmpty()
              ? null
              : new String(loaded.shape().render(loaded.rows().get(0)).bytes(), UTF_8);
      if (cached != null && !cached.equals(stored)) {
        return "item " + id + " is cached as " + cached + ", stored as " + stored;
      }
    }
    return null;
  }

  private @Nullable String payload(String key) throws Exception {
    Entry entry = Entry.parse(link.get(key).toCompletableFuture().get(5, TimeUnit.SECONDS));
    return entry instanceof Entry.Value value
        ? new String(
            value.bytes(),
            value.body().offset(),
            value.bytes().length - value.body().offset(),
            UTF_8)
        : null;
  }

  /** Changes rows and lets another worker evict, or neither. */
  private void meddle() throws Exception {
    for (int i = quiet ? 0 : random.nextInt(3); i > 0; i--) {
      int id = 1 + random.nextInt(ROWS);
      execute(
          random.nextInt(4) == 0
              ? "DELETE FROM items WHERE id = " + id
              : "INSERT INTO items VALUES ("
                  + id
                  + ", 0) ON CONFLICT (id) DO UPDATE SET v = items.v + 1");
      if (random.nextBoolean()) {
        fenced.evict(List.of("item:" + id)).toCompletableFuture().get();
      } else {
        events.add(id);
      }
    }
  }

  /** Answers with what it read the last time. */
  private RowSource late(RowSource source) {
    return new Interposed(source) {
      @Override
      public Loaded load(Refresh refresh, List<Map<String, @Nullable String>> some)
          throws SQLException {
        Loaded now = super.load(refresh, some);
        Loaded before = earlier.put(some.toString(), now);
        return before == null ? now : before;
      }
    };
  }

  private final class Meddling extends Interposed {
    Meddling(RowSource source) {
      super(source);
    }

    @Override
    public Loaded load(Refresh refresh, List<Map<String, @Nullable String>> some)
        throws SQLException {
      try {
        meddle();
        Loaded loaded = super.load(refresh, some);
        meddle();
        return loaded;
      } catch (SQLException e) {
        throw e;
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static class Interposed implements RowSource {
    private final RowSource source;

    Interposed(RowSource source) {
      this.source = source;
    }

    @Override
    public Loaded load(Refresh refresh, List<Map<String, @Nullable String>> some)
        throws SQLException {
      return source.load(refresh, some);
    }

    @Override
    public List<Map<String, @Nullable String>> page(
        Refresh refresh, @Nullable Map<String, @Nullable String> after, int most)
        throws SQLException {
      return source.page(refresh, after, most);
    }

    @Override
    public void close() {}
  }

  private ReaderWay reader(RowSource source) {
    return new ReaderWay(
        fenced,
        source,
        new Life(InstantSource.system(), random),
        Duration.ofSeconds(5),
        (mode, outcome, answered) -> {},
        System::nanoTime);
  }

  private static Refresh refresh(@Nullable String query) {
    RefreshSettings settings =
        new RefreshSettings(
            "rules[0].refresh[0]",
            "item:{id}",
            Mode.FENCED,
            List.of(),
            As.JSON,
            "com.shop.Item",
            query,
            Duration.ofMinutes(10),
            null,
            0,
            true,
            null);
    KeyTemplate key = ((Compilation.Compiled) KeyTemplate.compile("item:{id}")).template();
    return Refresh.of(ITEMS, settings, key);
  }

  private void execute(String... statements) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  @Test
  void warming_fills_what_is_absent_page_by_page() throws Exception {
    Refresh refresh = refresh(null);
    execute("DELETE FROM items", "INSERT INTO items SELECT i, i FROM generate_series(1, 25) i");
    try (Warmer warmer =
        new Warmer(
            RedisLink.open(RedisConfig.of(redis.uri()), () -> {}),
            fenced,
            new MirrorStore(link),
            new Interposed(rows),
            reader(rows),
            new Life(InstantSource.system(), random),
            () -> OptionalLong.of(7),
            Duration.ofSeconds(5))) {
      List<Long> progress = new ArrayList<>();
      List<String> keys = new ArrayList<>();
      for (int id = 1; id <= 25; id++) {
        keys.add("item:" + id);
      }
      fenced.evict(keys).toCompletableFuture().get();

      assertThat(warmer.warm(refresh, 10, 0, progress::add)).isEqualTo(new Warmer.Counts(25, 25));
      assertThat(progress).containsExactly(10L, 20L, 25L);
      assertThat(payload("item:25")).isEqualTo("{\"id\":25,\"v\":25}");
      assertThat(warmer.warm(refresh, 10, 0, progress::add)).isEqualTo(new Warmer.Counts(25, 0));
    }
  }
}
