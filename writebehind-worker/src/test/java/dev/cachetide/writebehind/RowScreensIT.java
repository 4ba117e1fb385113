package dev.cachetide.writebehind;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.runtime.postgres.CachetideSchema;
import dev.cachetide.runtime.settings.WriteTableSettings;
import dev.cachetide.runtime.settings.WriteTableSettings.Conflicts;
import dev.cachetide.wire.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What Postgres answers before anything is written, and what it does with single effects. */
class RowScreensIT {

  private static final String LINES = "Order Lines";

  @RegisterExtension static final RunningPostgres postgres = new RunningPostgres();

  private Database db;
  private Connection connection;
  private TargetTable lines;
  private TargetTable prices;

  @BeforeEach
  void createTables() throws Exception {
    db = postgres.database();
    db.run(
        "DROP TABLE IF EXISTS \"Order Lines\", \"Part's \"\"Kind\"\"\", prices",
        "CREATE TABLE \"Part's \"\"Kind\"\"\" (\"A\" int, \"b c\" text, PRIMARY KEY (\"A\", \"b c\"))",
        "CREATE TABLE \"Order Lines\" (\"Order\" int, \"Line No\" int, \"Kind A\" int,"
            + " \"kind, b\" text, \"Qty %\" smallint, \"Tag\" text, \"n\" int,"
            + " PRIMARY KEY (\"Order\", \"Line No\"),"
            + " FOREIGN KEY (\"kind, b\", \"Kind A\") REFERENCES \"Part's \"\"Kind\"\"\" (\"b c\", \"A\"),"
            + " CHECK (\"Qty %\" > 0 AND \"Qty %\" < \"n\"), UNIQUE (\"Tag\", \"Kind A\"))",
        "INSERT INTO \"Part's \"\"Kind\"\"\" VALUES (1, 'x'), (2, 'y')",
        "INSERT INTO \"Order Lines\" VALUES (1, 1, 1, 'x', 1, 'red', 9), (1, 2, 2, 'y', 1, 'red', 9)",
        "CREATE TABLE prices (amount numeric(6, 2) PRIMARY KEY, code numeric UNIQUE, way int[] UNIQUE)",
        "INSERT INTO prices VALUES (1.50, 10.0, '{1,2}'), (2.5, 20, NULL)");
    connection = postgres.connect();
    connection.setAutoCommit(false);
    List<WriteTableSettings> listed =
        List.of(
            Worlds.listed("public." + LINES, "Line No", "Order"),
            Worlds.listed("prices", "amount"));
    WriteCatalog catalog = new WriteCatalogQuery(listed).load(connection).catalog(listed);
    lines = catalog.table(new TableName("public", LINES)).orElseThrow();
    prices = catalog.table(new TableName("public", "prices")).orElseThrow();
  }

  @AfterEach
  void close() throws Exception {
    connection.rollback();
    connection.close();
    db.close();
  }

  @Test
  void values_that_a_check_refuses_are_told_and_none_that_it_lets_pass() throws Exception {
    List<RowOp> log =
        List.of(
            line(1, 10, "Qty %", "3", "n", "9"),
            line(1, 11, "Qty %", "0", "n", "9"),
            line(1, 12, "Qty %", "9", "n", "9"),
            line(1, 13, "Qty %", null, "n", "9"),
            line(1, 14, "Qty %", "0"));
    Set<Integer> found = new TreeSet<>();
    for (TargetTable.Check check : lines.constraints().checks()) {
      screens().failing(lines, check, all(log), found::add);
    }
    assertThat(found).as("those whose columns are all known").containsExactly(1, 2);
  }

  @Test
  void a_missing_parent_is_told_by_all_columns_of_its_key() throws Exception {
    List<RowOp> log =
        List.of(
            line(1, 10, "Kind A", "1", "kind, b", "x"),
            line(1, 11, "Kind A", "1", "kind, b", "y"),
            line(1, 12, "Kind A", "3", "kind, b", "z"),
            line(1, 13, "Kind A", "1"));
    TargetTable.Parent parent = lines.constraints().parents().get(0);
    Set<Integer> found = new TreeSet<>();
    screens().orphans(lines, parent, all(log), keys -> Set.of(), found::add);
    assertThat(found).containsExactly(1, 2);
    found.clear();
    List<String> inserted = new ArrayList<>();
    parent.columns().forEach(column -> inserted.add(column.equals("Kind A") ? "3" : "z"));
    screens().orphans(lines, parent, all(log), keys -> Set.of(inserted), found::add);
    assertThat(found).as("a parent that the log inserts").containsExactly(1);
  }

  @Test
  void rows_that_are_there_and_that_are_not_are_told_by_their_composite_key() throws Exception {
    List<RowOp> log = List.of(line(1, 2), line(2, 1), line(1, 1), line(7, 7));
    Set<Integer> found = new TreeSet<>();
    screens().present(lines, all(log), keys -> Set.of(), found::add);
    assertThat(found).containsExactly(0, 2);
    found.clear();
    screens().absent(lines, all(log), keys -> Set.of(List.of("7", "7")), found::add);
    assertThat(found).containsExactly(1);
  }

  @Test
  void a_taken_value_is_told_with_its_holder_and_ones_own_is_not() throws Exception {
    List<RowOp> log =
        List.of(
            line(5, 5, "Tag", "red", "Kind A", "1"),
            line(1, 1, "Tag", "red", "Kind A", "1"),
            line(1, 1, "Tag", "red", "Kind A", "2"),
            line(5, 6, "Tag", "red", "Kind A", "3"),
            line(5, 7, "Tag", "red"));
    Map<Integer, List<String>> found = new TreeMap<>();
    screens().taken(lines, lines.uniques().get(0), all(log), found::put);
    assertThat(found).isEqualTo(Map.of(0, List.of("1", "1"), 2, List.of("2", "1")));
  }

  @Test
  void a_taken_array_is_told_too() throws Exception {
    List<RowOp> log =
        List.of(
            Ops.update(prices, "3", "way", "{1, 2}"),
            Ops.update(prices, "1.5", "way", "{1,2}"),
            Ops.update(prices, "4", "way", "{2}"));
    Map<Integer, List<String>> found = new TreeMap<>();
    screens().taken(prices, List.of("way"), all(log), found::put);
    assertThat(found).isEqualTo(Map.of(0, List.of("1.50")));
  }

  @Test
  void numbers_are_the_same_however_they_are_written() throws Exception {
    List<RowOp> log =
        List.of(
            Ops.update(prices, "1.5", "code", "10"),
            Ops.update(prices, "2.50", "code", "10.00"),
            Ops.update(prices, "3", "code", "30"));
    Set<Integer> found = new TreeSet<>();
    screens().absent(prices, all(log), keys -> Set.of(), found::add);
    assertThat(found).containsExactly(2);
    Map<Integer, List<String>> taken = new TreeMap<>();
    screens().taken(prices, List.of("code"), all(log), taken::put);
    assertThat(taken).isEqualTo(Map.of(1, List.of("1.50")));
    Suspects suspects = new Suspects();
    new Foresight(new Clues(), screens()).suspect(log, true, suspects);
    assertThat(suspects.why(1))
        .as("the holder is in the log as 1.5, and might give the value up")
        .isEqualTo(Suspicion.OTHERS);
  }

  @Test
  void single_effects_have_their_verdicts_and_what_is_refused_has_no_effect() throws Exception {
    db.run("DROP TABLE IF EXISTS t", "CREATE TABLE t (id int PRIMARY KEY, v int, a text)");
    db.run("INSERT INTO t VALUES (1, 1, 'one'), (2, 1, 'two'), (4, 1, 'four')");
    CachetideSchema.install(db.connection());
    TargetTable t = guarded();
    List<LogApplier.Verdict> verdicts =
        new RowWriter(connection)
            .each(
                List.of(
                    Ops.insert(t, "4", "a", "again"),
                    Ops.insert(t, "3", "a", "three"),
                    Ops.update(t, "2", "a", "changed", "v", "2").onlyAt("1"),
                    Ops.update(t, "2", "a", "lost", "v", "2").onlyAt("1"),
                    Ops.update(t, "9", "a", "nobody"),
                    Ops.upsert(t, "1", "v", "many"),
                    Ops.delta(t, "3", "v", "5"),
                    Ops.update(t, "3"),
                    Ops.delete(t, "1"),
                    Ops.delete(t, "1")));
    assertThat(verdicts.stream().map(RowScreensIT::shown))
        .containsExactly(
            "row exists already",
            "done",
            "done",
            "found 2",
            "row does not exist",
            "22P02",
            "done",
            "done",
            "done",
            "row does not exist");
    connection.commit();
    assertThat(db.rows("SELECT id, v, a FROM t ORDER BY id"))
        .containsExactly("2|2|changed", "3|5|three", "4|1|four");
  }

  private TargetTable guarded() throws SQLException {
    List<WriteTableSettings> listed = List.of(Worlds.listed(Conflicts.OPTIMISTIC, "v", "t", "id"));
    WriteCatalog catalog = new WriteCatalogQuery(listed).load(connection).catalog(listed);
    return catalog.table(new TableName("public", "t")).orElseThrow();
  }

  private static String shown(LogApplier.Verdict verdict) {
    RowsRefusedException refusal = verdict.refusal();
    if (refusal != null) {
      String state = refusal.sqlState();
      return refusal.rows().isEmpty() && state != null ? state : "" + refusal.getMessage();
    }
    return verdict.lost() == null ? "done" : "found " + verdict.lost().found();
  }

  private RowScreens screens() {
    return new RowScreens(connection);
  }

  private RowOp line(int order, int number, String... set) {
    return RowOp.upsert(lines, List.of("" + number, "" + order), Ops.map(set));
  }

  private static RowScreens.Effects all(List<RowOp> log) {
    return new RowScreens.Effects(log, IntStream.range(0, log.size()).boxed().toList());
  }
}
