package dev.cachetide.writebehind;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LogApplierTest {

  private final TargetTable table = Tables.plain("t");

  @Test
  void bad_writes_are_found_in_few_statements() throws Exception {
    Counting rows = new Counting(new SimulatedRows());
    LogApplier applier = new LogApplier(rows, false, Ops.NO_HINTS);
    applier.apply(oneBad());
    assertThat(applier.refusals()).extracting(LogApplier.Refusal::index).containsExactly(1234);
    assertThat(applier.effects()).isEqualTo(4095);
    assertThat(rows.statements).isLessThan(30);
  }

  @Test
  void suspects_are_tried_behind_the_others_and_a_wrong_one_costs_no_more() throws Exception {
    Counting rows = new Counting(new SimulatedRows());
    LogApplier applier = new LogApplier(rows, false, suspect(Suspicion.CHECK, 100, 1234));
    applier.applyInPieces(oneBad());
    assertThat(applier.refusals()).extracting(LogApplier.Refusal::index).containsExactly(1234);
    assertThat(applier.effects()).isEqualTo(4095);
    assertThat(rows.statements).isEqualTo(2);
    assertThat(rows.undone).isZero();
  }

  @Test
  void suspects_of_what_other_rows_decide_are_tried_in_their_place() throws Exception {
    Counting rows = new Counting(new SimulatedRows());
    LogApplier applier = new LogApplier(rows, false, suspect(Suspicion.OTHERS, 100, 1234));
    applier.applyInPieces(oneBad());
    assertThat(applier.refusals()).extracting(LogApplier.Refusal::index).containsExactly(1234);
    assertThat(applier.effects()).isEqualTo(4095);
    assertThat(rows.statements).isEqualTo(5);
    assertThat(rows.undone).isZero();
  }

  @Test
  void a_refusal_in_its_place_stands_only_if_nothing_that_precedes_it_came_later()
      throws Exception {
    TargetTable unique = Tables.unique("u");
    SimulatedRows rows = new SimulatedRows();
    rows.each(List.of(Ops.insert(unique, "5", "a", "x")));
    LogApplier.Hints wrong =
        (log, all, suspects) -> {
          suspects.add(0, Suspicion.PRESENCE);
          suspects.add(5, Suspicion.OTHERS);
        };
    LogApplier applier = new LogApplier(rows, false, wrong);
    List<RowOp> log = new ArrayList<>();
    log.add(Ops.update(unique, "5", "a", "given away"));
    for (int i = 10; i < 20; i++) {
      log.add(Ops.insert(unique, "" + i, "a", i == 14 ? "x" : "other " + i));
    }
    applier.applyInPieces(log);
    assertThat(applier.refusals()).isEmpty();
    assertThat(rows.rows().get("public.u/14")).containsEntry("a", "x");
  }

  @Test
  void what_is_like_a_write_that_was_searched_for_is_not_searched_for() throws Exception {
    Counting rows = new Counting(new SimulatedRows());
    List<RowOp> log = new ArrayList<>();
    for (int i = 0; i < 4096; i++) {
      log.add(Ops.upsert(table, i % 512 == 77 ? "bad" : "" + i, "n", "1"));
    }
    LogApplier applier = new LogApplier(rows, false, new Alike());
    applier.apply(log);
    assertThat(applier.refusals()).hasSize(8);
    assertThat(applier.effects()).isEqualTo(4096 - 8);
    assertThat(rows.statements).isLessThan(60);
  }

  /** Foresees nothing, and learns from what was refused. */
  private static final class Alike implements LogApplier.Hints {
    @Override
    public void suspect(List<RowOp> log, boolean all, Suspects suspects) {
      // nothing is known before something was refused
    }

    @Override
    public void refused(
        List<RowOp> log, int index, RowsRefusedException refusal, Suspects suspects) {
      for (int i = index + 1; i < log.size(); i++) {
        if (log.get(i).key().equals(log.get(index).key())) {
          suspects.add(i, Suspicion.OTHERS);
        }
      }
    }
  }

  @Test
  void a_refusal_that_a_later_write_may_have_caused_is_judged_in_its_place() throws Exception {
    TargetTable unique = Tables.unique("u");
    SimulatedRows rows = new SimulatedRows();
    rows.each(List.of(Ops.insert(unique, "5", "a", "x")));
    LogApplier applier = new LogApplier(rows, false, suspect(Suspicion.VALUE, 1));
    List<RowOp> log = new ArrayList<>();
    log.add(Ops.delete(unique, "5"));
    log.add(Ops.insert(unique, "1", "a", "x"));
    log.add(Ops.insert(unique, "2", "a", "x"));
    for (int i = 10; i < 20; i++) {
      log.add(Ops.insert(unique, "" + i, "a", "other " + i));
    }
    applier.applyInPieces(log);
    assertThat(applier.refusals()).extracting(LogApplier.Refusal::index).containsExactly(2);
    assertThat(rows.rows()).containsKey("public.u/1").doesNotContainKey("public.u/2");
  }

  @Test
  void what_follows_on_the_row_of_a_suspect_comes_after_it() throws Exception {
    SimulatedRows rows = new SimulatedRows();
    LogApplier applier = new LogApplier(rows, false, suspect(Suspicion.VALUE, 0));
    List<RowOp> log = new ArrayList<>();
    log.add(Ops.insert(table, "1", "a", "first"));
    log.add(Ops.update(table, "1", "a", "second"));
    for (int i = 10; i < 20; i++) {
      log.add(Ops.insert(table, "" + i, "a", "other " + i));
    }
    applier.applyInPieces(log);
    assertThat(applier.refusals()).isEmpty();
    assertThat(rows.rows().get("public.t/1")).containsEntry("a", "second");
  }

  private List<RowOp> oneBad() {
    List<RowOp> log = new ArrayList<>();
    for (int i = 0; i < 4096; i++) {
      log.add(Ops.upsert(table, i == 1234 ? "bad" : "" + i, "a", "x"));
    }
    return log;
  }

  private static LogApplier.Hints suspect(Suspicion suspicion, int... indexes) {
    return (log, all, suspects) -> {
      for (int index : indexes) {
        suspects.add(index, suspicion);
      }
    };
  }

  @Test
  void an_attempt_that_fails_leaves_nothing_behind() throws Exception {
    SimulatedRows rows = new SimulatedRows();
    LogApplier applier = new LogApplier(rows, false, Ops.NO_HINTS);
    assertThat(applier.attempt(List.of(Ops.upsert(table, "1"), Ops.delete(table, "2")))).isFalse();
    assertThat(rows.rows()).isEmpty();
  }

  @Test
  void a_failing_environment_parks_nothing() {
    LogApplier applier = new LogApplier(new Failing(), false, Ops.NO_HINTS);
    assertThatThrownBy(() -> applier.apply(List.of(Ops.upsert(table, "1"))))
        .isInstanceOf(SQLException.class);
    assertThat(applier.refusals()).isEmpty();
  }

  private static final class Failing implements LogApplier.Rows {
    @Override
    public List<LogApplier.Lost> write(RowGroup group) throws SQLException {
      throw new SQLException("gone", "08006");
    }

    @Override
    public List<LogApplier.Verdict> each(List<RowOp> ops) throws SQLException {
      throw new SQLException("gone", "08006");
    }

    @Override
    public Map<RowKey, Map<String, @Nullable String>> read(RowGroup group, List<String> columns)
        throws SQLException {
      throw new SQLException("gone", "08006");
    }

    @Override
    public Object mark() {
      return "mark";
    }

    @Override
    public void undoTo(Object mark) {}

    @Override
    public void forget(Object mark) {}
  }
}
