package dev.cachetide.writebehind;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Rows that count what is asked of them. */
final class Counting implements LogApplier.Rows {

  int statements;
  int undone;
  private final LogApplier.Rows rows;

  Counting(LogApplier.Rows rows) {
    this.rows = rows;
  }

  @Override
  public List<LogApplier.Lost> write(RowGroup group) throws SQLException, RowsRefusedException {
    statements++;
    return rows.write(group);
  }

  @Override
  public List<LogApplier.Verdict> each(List<RowOp> ops) throws SQLException, RowsRefusedException {
    statements++;
    return rows.each(ops);
  }

  @Override
  public Map<RowKey, Map<String, @Nullable String>> read(RowGroup group, List<String> columns)
      throws SQLException, RowsRefusedException {
    statements++;
    return rows.read(group, columns);
  }

  @Override
  public Object mark() throws SQLException {
    return rows.mark();
  }

  @Override
  public void undoTo(Object mark) throws SQLException {
    undone++;
    rows.undoTo(mark);
  }

  @Override
  public void forget(Object mark) throws SQLException {
    rows.forget(mark);
  }
}
