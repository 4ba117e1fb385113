package dev.cachetide.runtime.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.cachetide.runtime.postgres.VisibilityGate.Passage;
import dev.cachetide.runtime.postgres.VisibilityGate.Verdict;
import dev.cachetide.wire.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Schema, catalogue and gate against one real server. */
class PostgresPackageIT {

  private static final Server server = new Server();

  @BeforeAll
  static void createTables() throws SQLException {
    server.execute(
        "CREATE TYPE public.\"Mood\" AS ENUM ('good', 'bad')",
        "CREATE TABLE public.\"Odd \"\"Name\" (b int, a text NOT NULL, mood public.\"Mood\","
            + " n bigint GENERATED ALWAYS AS IDENTITY, twice int GENERATED ALWAYS AS (b * 2) STORED,"
            + " tags text[] DEFAULT '{}', gone int, PRIMARY KEY (b, a), UNIQUE (n, a))",
        "ALTER TABLE public.\"Odd \"\"Name\" DROP COLUMN gone",
        "CREATE UNIQUE INDEX ON public.\"Odd \"\"Name\" (mood) WHERE b > 0",
        "CREATE UNIQUE INDEX ON public.\"Odd \"\"Name\" (lower(a))",
        "CREATE UNLOGGED TABLE public.fast (id int)",
        "CREATE TABLE public.whole (id int PRIMARY KEY, v text)",
        "ALTER TABLE public.whole REPLICA IDENTITY FULL",
        "CREATE TABLE public.by_index (id int PRIMARY KEY, v text NOT NULL UNIQUE)",
        "ALTER TABLE public.by_index REPLICA IDENTITY USING INDEX by_index_v_key",
        "CREATE VIEW public.seen AS SELECT 1 AS one",
        "CREATE TABLE public.stalled (id int PRIMARY KEY, v int)",
        "INSERT INTO public.stalled VALUES (1, 0)");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void installing_the_schema_is_idempotent_and_two_at_once_are_fine() throws Exception {
    List<CompletableFuture<Void>> installers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      installers.add(CompletableFuture.runAsync(() -> install(server.connector())));
    }
    installers.forEach(CompletableFuture::join);
    install(server.connector());
    assertThat(
            server.one(
                "SELECT string_agg(table_name, ',' ORDER BY table_name)"
                    + " FROM information_schema.tables WHERE table_schema = 'cachetide'"))
        .isEqualTo(
            "applied_rules,captured_table,conflict,consumer_offset,dead_letter,event_dead_letter,"
                + "generation,heartbeat,pause,receipt,redis_identity,slot_progress,write_id");
  }

  @Test
  void a_role_that_may_create_nothing_finds_the_schema_installed() throws Exception {
    install(server.connector());
    server.execute("CREATE ROLE humble LOGIN");
    install(server.connector("humble"));
  }

  @Test
  void the_catalogue_tells_columns_keys_indexes_and_identity() throws Exception {
    TableInfo odd = load("public", "Odd \"Name").orElseThrow();
    assertThat(odd.quotedName()).isEqualTo("\"public\".\"Odd \"\"Name\"");
    assertThat(odd.columns())
        .extracting(ColumnInfo::name)
        .containsExactly("b", "a", "mood", "n", "twice", "tags");
    assertThat(odd.columns())
        .extracting(ColumnInfo::quotedType)
        .containsExactly(
            "\"pg_catalog\".\"int4\"",
            "\"pg_catalog\".\"text\"",
            "\"public\".\"Mood\"",
            "\"pg_catalog\".\"int8\"",
            "\"pg_catalog\".\"int4\"",
            "\"pg_catalog\".\"_text\"");
    assertThat(odd.column("n").orElseThrow())
        .isEqualTo(new ColumnInfo("n", "pg_catalog", "int8", 'N', true, false, true, true, false));
    assertThat(odd.column("twice").orElseThrow().generated()).isTrue();
    assertThat(odd.column("tags").orElseThrow().hasDefault()).isTrue();
    assertThat(odd.column("tags").orElseThrow().typeCategory()).isEqualTo('A');
    assertThat(odd.column("mood").orElseThrow().typeCategory()).isEqualTo('E');
    assertThat(odd.primaryKey()).containsExactly("b", "a");
    assertThat(odd.uniqueIndexes()).containsExactlyInAnyOrder(List.of("b", "a"), List.of("n", "a"));
    assertThat(odd.replicaIdentity()).isEqualTo(ReplicaIdentity.DEFAULT);
    assertThat(odd.replicaIdentityColumns()).containsExactly("b", "a");
    assertThat(odd.isCapturable()).isTrue();
  }

  @Test
  void the_catalogue_tells_apart_what_can_be_captured_and_what_cannot() throws Exception {
    assertThat(load("public", "fast").orElseThrow().isCapturable()).isFalse();
    assertThat(load("public", "seen").orElseThrow().isCapturable()).isFalse();
    assertThat(load("public", "missing")).isEmpty();
    TableInfo whole = load("public", "whole").orElseThrow();
    assertThat(whole.replicaIdentity()).isEqualTo(ReplicaIdentity.FULL);
    assertThat(whole.replicaIdentityColumns()).containsExactly("id", "v");
    TableInfo byIndex = load("public", "by_index").orElseThrow();
    assertThat(byIndex.replicaIdentity()).isEqualTo(ReplicaIdentity.INDEX);
    assertThat(byIndex.replicaIdentityColumns()).containsExactly("v");
    assertThat(byIndex.primaryKey()).containsExactly("id");
  }

  @Test
  void a_commit_that_waits_for_a_standby_is_not_visible_until_it_is_released() throws Exception {
    server.execute(
        "ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SELECT pg_reload_conf()");
    CompletableFuture<Void> update = null;
    try (VisibilityGate gate = new VisibilityGate(server.connector())) {
      await().until(() -> server.one("SHOW synchronous_standby_names").equals("nobody"));
      update = CompletableFuture.runAsync(PostgresPackageIT::updateStalledRow);
      await().until(() -> !hangingXid().equals("null"));
      List<Long> xid = List.of(Long.parseLong(hangingXid()));
      Passage early = gate.await(xid, Duration.ofMillis(100), () -> false);
      assertThat(early.verdict()).isEqualTo(Verdict.LIMIT);
      assertThat(server.one("SELECT v FROM public.stalled")).isEqualTo("0");

      server.execute("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()");
      Passage passage = gate.await(xid, Duration.ofSeconds(10), () -> false);
      assertThat(passage.verdict()).isEqualTo(Verdict.VISIBLE);
      assertThat(server.one("SELECT v FROM public.stalled")).isEqualTo("1");
    } finally {
      server.execute("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()");
      if (update != null) {
        update.join();
      }
    }
  }

  @Test
  void a_wrong_url_is_refused_as_an_sql_exception() {
    assertThatThrownBy(() -> server.connector("nobody-here").connect())
        .isInstanceOf(SQLException.class);
  }

  private static String hangingXid() throws SQLException {
    return server.one(
        "SELECT max(backend_xid::text) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
  }

  private static void updateStalledRow() {
    try {
      server.execute("UPDATE public.stalled SET v = 1 WHERE id = 1");
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void install(PostgresConnector connector) {
    try (Connection connection = connector.connect()) {
      CachetideSchema.install(connection);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Optional<TableInfo> load(String schema, String table) throws SQLException {
    TableName name = new TableName(schema, table);
    try (Connection connection = server.connector().connect()) {
      return Catalog.load(connection, List.of(name, name)).table(name);
    }
  }
}
