package dev.cachetide.writebehind;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LogApplierTest {

  private final TargetTable table = Tables.plain("t");

  @Test
  void bad_writes_are_found_in_few_statements() throws Exception {
    Counting rows = new Counting(new SimulatedRows());
    LogApplier applier = new LogApplier(rows, false, any -> new BitSet());
    List<RowOp> log = new ArrayList<>();
    for (int i = 0; i < 4096; i++) {
      log.add(Ops.upsert(table, i == 1234 ? "bad" : "" + i, "a", "x"));
    }
    applier.apply(log);
    assertThat(applier.refusals()).extracting(LogApplier.Refusal::index).containsExactly(1234);
    assertThat(applier.effects()).isEqualTo(4095);
    assertThat(rows.statements).isLessThan(30);
  }

  @Test
  void suspects_cost_a_statement_each_and_a_wrong_one_no_more() throws Exception {
    Counting rows = new Counting(new SimulatedRows());
    BitSet suspects = new BitSet();
    suspects.set(100);
    suspects.set(1234);
    LogApplier applier = new LogApplier(rows, false, any -> suspects);
    List<RowOp> log = new ArrayList<>();
    for (int i = 0; i < 4096; i++) {
      log.add(Ops.upsert(table, i == 1234 ? "bad" : "" + i, "a", "x"));
    }
    applier.applyInPieces(log);
    assertThat(applier.refusals()).extracting(LogApplier.Refusal::index).containsExactly(1234);
    assertThat(applier.effects()).isEqualTo(4095);
    assertThat(rows.statements).isEqualTo(5);
    assertThat(rows.undone).isEqualTo(1);
  }

  @Test
  void an_attempt_that_fails_leaves_nothing_behind() throws Exception {
    SimulatedRows rows = new SimulatedRows();
    LogApplier applier = new LogApplier(rows, false, any -> new BitSet());
    assertThat(applier.attempt(List.of(Ops.upsert(table, "1"), Ops.delete(table, "2")))).isFalse();
    assertThat(rows.rows()).isEmpty();
  }

  @Test
  void a_failing_environment_parks_nothing() {
    LogApplier applier = new LogApplier(new Failing(), false, any -> new BitSet());
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
