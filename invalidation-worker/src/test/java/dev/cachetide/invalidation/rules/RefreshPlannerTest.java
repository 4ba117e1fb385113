package dev.cachetide.invalidation.rules;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.MissingNode;
import dev.cachetide.internal.fenced.Spared;
import dev.cachetide.invalidation.refresh.Life;
import dev.cachetide.invalidation.refresh.Refreshes.Image;
import dev.cachetide.invalidation.refresh.Refreshes.Item;
import dev.cachetide.invalidation.refresh.Refreshes.Load;
import dev.cachetide.invalidation.refresh.Refreshes.Mirrored;
import dev.cachetide.invalidation.rules.ChangeEvent.Operation;
import dev.cachetide.invalidation.rules.ChangeEvent.Origin;
import dev.cachetide.runtime.postgres.Catalog;
import dev.cachetide.runtime.postgres.ColumnInfo;
import dev.cachetide.runtime.postgres.ReplicaIdentity;
import dev.cachetide.runtime.postgres.TableInfo;
import dev.cachetide.runtime.settings.LimitSettings;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.runtime.settings.RefreshSettings;
import dev.cachetide.runtime.settings.RefreshSettings.As;
import dev.cachetide.runtime.settings.RefreshSettings.Column;
import dev.cachetide.runtime.settings.RefreshSettings.Mode;
import dev.cachetide.runtime.settings.RuleSettings;
import dev.cachetide.wire.TableName;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class RefreshPlannerTest {

  private static final TableName USERS = new TableName("public", "users");
  private static final TableInfo TABLE =
      new TableInfo(
          USERS,
          'r',
          'p',
          List.of(
              column("id", "int8", 'N'),
              column("name", "text", 'S'),
              column("doc", "jsonb", 'U'),
              column("until", "timestamptz", 'D'),
              column("gap", "interval", 'T')),
          List.of("id"),
          List.of(List.of("id")),
          ReplicaIdentity.DEFAULT,
          List.of("id"));
  private static final ReplicaColumns IDENTITY = new ReplicaColumns(Set.of("id"), false);

  private final Plan plan = new Plan();
  private final Map<RefreshSettings, RuleSet> compiled = new HashMap<>();

  @Test
  void an_image_is_put_with_the_position_of_its_change() {
    RefreshSettings fenced = fenced();
    assertThat(plan(fenced, update(row("7", "a", "{}"), 5))).isNull();
    assertThat(plan(fenced, update(row("7", "b", "{}"), 9))).isNull();
    assertThat(plan(fenced, update(row("7", "old", "{}"), 6))).isNull();

    assertThat(items()).containsOnlyKeys("user:7");
    assertThat(((Image) items().get("user:7")).position().lsn()).isEqualTo(9);
    assertThat(plan.keys()).isEmpty();
  }

  @Test
  void a_toast_value_that_is_not_told_evicts_and_so_does_a_position_that_is_not() {
    RowImage toasted = new RowImage(row("7", "a", null).values(), Set.of("doc"));
    Map<String, @Nullable String> values = new HashMap<>(toasted.values());
    values.remove("doc");
    RowImage image = new RowImage(values, Set.of("doc"));

    assertThat(plan(fenced(), update(image, 5))).isNull();
    assertThat(plan(fenced(), update(row("8", "a", "{}"), 0))).isNull();

    assertThat(items()).isEmpty();
    assertThat(plan.keys()).containsExactly("user:7", "user:8");
  }

  @Test
  void the_filler_of_an_old_row_is_not_taken_for_a_toast_value() {
    Map<String, @Nullable String> values = new HashMap<>(row("8", "a", null).values());
    values.remove("doc");
    ChangeEvent event =
        new ChangeEvent(
            Operation.UPDATE,
            row("7", null, null),
            new RowImage(values, Set.of("doc")),
            1,
            false,
            -1,
            new Origin(5, 0, 1));

    assertThat(plan(fenced(), event)).isNull();
    assertThat(items()).isEmpty();
    assertThat(plan.keys()).containsExactly("user:7", "user:8");
  }

  @Test
  void what_has_no_json_evicts_and_is_seen() {
    assertThat(plan(fenced(), update(row("7", "a", "{"), 5))).isNotNull();

    assertThat(plan.keys()).containsExactly("user:7");
  }

  @Test
  void an_own_write_evicts_the_dirty_entry() {
    ChangeEvent echo =
        new ChangeEvent(
            Operation.UPDATE, null, row("7", "a", "{}"), 1, true, -1, new Origin(5, 0, 1));
    assertThat(plan(fenced(), echo)).isNull();

    assertThat(plan.keys()).containsExactly("user:7");
  }

  @Test
  void dirty_entries_that_an_event_spares_are_spared_by_what_it_evicts_and_by_what_it_puts() {
    ChangeEvent echo =
        new ChangeEvent(
            Operation.UPDATE, null, row("7", "a", "{}"), 1, true, -1, new Origin(5, 0, 1));
    plan(fenced(), echo.sparing(Spared.after(1, 9)));
    plan(fenced(), update(row("8", "a", "{}"), 5).sparing(Spared.PENDING));
    plan(plain(), update(row("9", "a", "{}"), 5).sparing(Spared.PENDING));

    assertThat(plan.spared()).isEqualTo(Map.of("user:7", Spared.after(1, 9), "p:9", Spared.NONE));
    assertThat(items().get("user:8").spared()).isEqualTo(Spared.PENDING);
  }

  @Test
  void of_several_changes_what_is_put_spares_no_more_than_each_of_them() {
    RefreshSettings create = settings("user:{id}", Mode.FENCED, true, null);
    plan(create, update(row("7", "a", "{}"), 5).sparing(Spared.after(1, 9)));
    plan(create, update(row("7", "b", "{}"), 6).sparing(Spared.PENDING));
    plan(fenced(), update(row("8", "b", "{}"), 6).sparing(Spared.PENDING));
    plan(fenced(), update(row("8", "a", "{}"), 5).sparing(Spared.NONE));

    assertThat(items().get("user:7").spared()).isEqualTo(Spared.after(1, 9));
    assertThat(((Image) items().get("user:8")).position().lsn()).isEqualTo(6);
    assertThat(items().get("user:8").spared()).isEqualTo(Spared.NONE);
  }

  @Test
  void a_deleted_row_leaves_and_a_mirrored_one_keeps_its_position() {
    ChangeEvent deleted =
        new ChangeEvent(
            Operation.DELETE, row("7", null, null), null, 1, false, -1, new Origin(5, 0, 1));
    assertThat(plan(fenced(), deleted)).isNull();
    assertThat(plan(mirror(), deleted)).isNull();

    assertThat(plan.keys()).containsExactly("user:7");
    assertThat(((Mirrored) items().get("m:7")).value()).isNull();
  }

  @Test
  void a_key_that_changes_leaves_under_its_old_name() {
    ChangeEvent moved =
        new ChangeEvent(
            Operation.UPDATE,
            row("7", null, null),
            row("8", "a", "{}"),
            1,
            false,
            -1,
            new Origin(5, 0, 1));
    assertThat(plan(mirror(), moved)).isNull();

    assertThat(((Mirrored) items().get("m:7")).value()).isNull();
    assertThat(((Mirrored) items().get("m:8")).value()).isNotNull();
  }

  @Test
  void an_emptied_table_takes_what_was_to_be_put_before_and_not_what_comes_after() {
    assertThat(plan(mirror(), update(row("7", "a", "{}"), 5))).isNull();
    assertThat(plan(fenced(), update(row("7", "a", "{}"), 5))).isNull();
    ChangeEvent truncated = new ChangeEvent(Operation.TRUNCATE, null, null, 1, -1);
    assertThat(plan(mirror(), truncated)).isNull();
    assertThat(plan(fenced(), truncated)).isNull();
    assertThat(plan(mirror(), update(row("8", "a", "{}"), 9))).isNull();

    assertThat(((Mirrored) items().get("m:7")).value()).isNull();
    assertThat(((Mirrored) items().get("m:8")).value()).isNotNull();
    assertThat(items()).doesNotContainKey("user:7");
    assertThat(plan.patterns()).contains("m:*", "user:*");
    assertThat(plan.leasePatterns()).containsExactly("cachetide:warm:{*}m:*");
  }

  @Test
  void an_entry_to_create_is_looked_up_by_its_primary_key() {
    RefreshSettings create = settings("user:{id}", Mode.FENCED, true, null);
    assertThat(plan(create, update(row("7", "a", "{}"), 5))).isNull();

    assertThat(((Load) items().get("user:7")).row()).isEqualTo(Map.of("id", "7"));
  }

  @Test
  void a_life_that_is_over_evicts() {
    RefreshSettings until = settings("user:{id}", Mode.FENCED, false, "until");
    assertThat(plan(until, update(row("7", "a", "{}"), 5))).isNull();

    assertThat(plan.keys()).containsExactly("user:7");
  }

  @Test
  void a_plain_key_leaves_now_and_again() {
    assertThat(plan(plain(), update(row("7", "a", "{}"), 5))).isNull();

    assertThat(plan.keys()).containsExactly("p:7");
    assertThat(plan.refreshes().again()).containsExactly(Map.entry("p:7", Duration.ofMillis(500)));
  }

  @Test
  void what_does_not_fit_the_table_is_refused_with_its_fix() {
    assertThat(
            problems(
                columns("user:{name}", "name", "gap", "nam"),
                columns("user:{name}", "name"),
                columns("user:{id}", "gap"),
                settings("user:{id}", Mode.FENCED, false, "name")))
        .extracting(problem -> problem.path() + " " + problem.fix())
        .containsExactly(
            "r.columns did you mean name?",
            "r.columns name the columns that the value needs, without gap",
            "r.key ALTER TABLE \"public\".\"users\" REPLICA IDENTITY FULL;",
            "r.key add {id} to the key, or evict it instead",
            "r.columns name the columns that the value needs, without gap",
            "r.ttl.column use a timestamp or timestamptz column, or a fixed ttl: 10m");
  }

  @Test
  void a_glob_puts_the_rows_of_each_table_by_that_table() {
    TableName staff = new TableName("public", "user_staff");
    RuleSet written = rules("user_*", fenced());

    assertThat(written.over(List.of(staff, USERS)).refreshes())
        .extracting(refresh -> refresh.table())
        .containsExactly(staff);
    assertThat(written.at(staff).refreshes())
        .extracting(refresh -> refresh.table())
        .containsExactly(staff);
  }

  @Test
  void a_key_that_rows_of_several_tables_would_share_is_refused_unless_it_only_evicts() {
    List<TableName> both =
        List.of(new TableName("public", "user_a"), new TableName("public", "user_b"));
    assertThat(RefreshCatalogCheck.shared("file", rules("user_*", fenced()).over(both)))
        .extracting(Problem::message)
        .containsExactly(
            "rows of several tables, such as public.user_a and public.user_b, would be put under"
                + " 'user:{id}'");

    assertThat(RefreshCatalogCheck.shared("file", rules("user_*", plain()).over(both))).isEmpty();
    assertThat(
            RefreshCatalogCheck.shared("file", rules("user_*", fenced()).over(both.subList(0, 1))))
        .isEmpty();
  }

  private Map<String, Item> items() {
    return plan.refreshes().items();
  }

  private @Nullable String plan(RefreshSettings settings, ChangeEvent event) {
    RefreshPlanner planner =
        new RefreshPlanner(
            table -> Optional.of(TABLE), new Life(InstantSource.system(), new Random(1)));
    return planner.plan(
        event, compiled.computeIfAbsent(settings, each -> rules(each)).rules(), IDENTITY, plan);
  }

  private static RuleSet rules(RefreshSettings... settings) {
    return rules("users", settings);
  }

  private static RuleSet rules(String table, RefreshSettings... settings) {
    RuleSettings rule =
        new RuleSettings(
            "rules[0]",
            "users",
            "public",
            table,
            MissingNode.getInstance(),
            List.of(),
            List.of(),
            false,
            false,
            LimitSettings.DEFAULT,
            List.of(settings));
    return ((RuleSet.Result.Compiled) RuleSet.compile("file", List.of(rule))).rules();
  }

  private static List<Problem> problems(RefreshSettings... settings) {
    return RefreshCatalogCheck.problems(
        "file", rules(settings), new CatalogFacts(Catalog.of(List.of(TABLE)), Map.of(), Map.of()));
  }

  private static ChangeEvent update(RowImage after, long lsn) {
    return new ChangeEvent(Operation.UPDATE, null, after, 1, false, -1, new Origin(lsn, 0, 1));
  }

  private static RowImage row(String id, @Nullable String name, @Nullable String doc) {
    Map<String, @Nullable String> values = new HashMap<>();
    values.put("id", id);
    values.put("name", name);
    values.put("doc", doc);
    values.put("until", "2001-01-01T00:00:00Z");
    values.put("gap", null);
    return new RowImage(values, Set.of());
  }

  private static RefreshSettings fenced() {
    return settings("user:{id}", Mode.FENCED, false, null);
  }

  private static RefreshSettings mirror() {
    return settings("m:{id}", Mode.MIRROR, false, null);
  }

  private static RefreshSettings plain() {
    return settings("p:{id}", Mode.PLAIN, false, null);
  }

  private static RefreshSettings columns(String key, String... columns) {
    RefreshSettings all = settings(key, Mode.FENCED, false, null);
    return new RefreshSettings(
        "r",
        key,
        Mode.FENCED,
        Stream.of(columns).map(name -> new Column(name, name)).toList(),
        As.JSON,
        "T",
        null,
        all.ttl(),
        null,
        0,
        false,
        null);
  }

  private static RefreshSettings settings(
      String key, Mode mode, boolean create, @Nullable String ttlColumn) {
    return new RefreshSettings(
        mode == Mode.FENCED ? "r" : mode.key(),
        key,
        mode,
        List.of(new Column("id", "id"), new Column("name", "name"), new Column("doc", "doc")),
        As.JSON,
        mode == Mode.FENCED ? "T" : null,
        null,
        ttlColumn == null && mode != Mode.PLAIN ? Duration.ofMinutes(1) : null,
        ttlColumn,
        0,
        create,
        mode == Mode.PLAIN ? Duration.ofMillis(500) : null);
  }

  private static ColumnInfo column(String name, String type, char category) {
    return new ColumnInfo(name, "pg_catalog", type, category, false, false, false, false, false);
  }
}
