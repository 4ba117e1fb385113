package dev.cachetide.writebehind;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * Carries out groups on Postgres inside the transaction that its connection is in.
 *
 * <p>An upsert into a table whose key no unique index covers is an update and then an insert of the
 * rows that the update did not find. That is right because nobody else inserts them in between: all
 * writes of a row are in one partition, whose offset row this transaction has locked.
 */
final class RowWriter implements LogApplier.Rows {

  private static final int MAX_REASON = 500;
  private static final String UNIQUE_VIOLATION = "23505";

  private final Connection connection;

  RowWriter(Connection connection) {
    this.connection = connection;
  }

  @Override
  public List<LogApplier.Lost> write(RowGroup group) throws SQLException, RowsRefusedException {
    return judged(() -> dispatch(group));
  }

  @Override
  public Map<RowKey, Map<String, @Nullable String>> read(RowGroup rows, List<String> columns)
      throws SQLException, RowsRefusedException {
    return judged(() -> texts(rows, columns));
  }

  @Override
  public Object mark() throws SQLException {
    return connection.setSavepoint();
  }

  @Override
  public void undoTo(Object mark) throws SQLException {
    connection.rollback((Savepoint) mark);
    connection.releaseSavepoint((Savepoint) mark);
  }

  @Override
  public void forget(Object mark) throws SQLException {
    connection.releaseSavepoint((Savepoint) mark);
  }

  /** Tells the rows' fault from the environment's. */
  private static <T> T judged(Statement<T> statement) throws SQLException, RowsRefusedException {
    try {
      return statement.execute();
    } catch (SQLException e) {
      if (SqlStates.isData(e.getSQLState())) {
        throw new RowsRefusedException(reason(e), e.getSQLState());
      }
      throw e;
    }
  }

  private Map<RowKey, Map<String, @Nullable String>> texts(RowGroup rows, List<String> columns)
      throws SQLException {
    Map<RowKey, Map<String, @Nullable String>> held = new HashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(SqlText.read(rows, columns))) {
      bind(statement, rows);
      try (ResultSet found = statement.executeQuery()) {
        while (found.next()) {
          Map<String, @Nullable String> row = new HashMap<>();
          for (int i = 0; i < columns.size(); i++) {
            row.put(columns.get(i), found.getString(i + 2));
          }
          held.put(RowKey.of(rows.ops().get(found.getInt(1) - 1)), row);
        }
      }
    }
    return held;
  }

  private List<LogApplier.Lost> dispatch(RowGroup group) throws SQLException, RowsRefusedException {
    switch (group.kind()) {
      case INSERT -> insert(group);
      case UPSERT -> upsert(group);
      default -> {
        List<RowOp> missed = missed(group, found(group));
        if (group.guarded()) {
          return lost(group, missed);
        }
        demandAll(missed);
      }
    }
    return List.of();
  }

  private void insert(RowGroup group) throws SQLException, RowsRefusedException {
    boolean arbitrated = group.table().keyUnique();
    if (arbitrated && execute(SqlText.insertAbsent(group), group) == group.ops().size()) {
      return;
    }
    if (!found(group.onlyRows(group.ops())).isEmpty()) {
      throw new RowsRefusedException("row exists already", UNIQUE_VIOLATION);
    }
    demand(!arbitrated && execute(SqlText.insert(group), group) == group.ops().size());
  }

  private void upsert(RowGroup group) throws SQLException, RowsRefusedException {
    if (group.table().keyUnique()) {
      int written = execute(SqlText.upsert(group), group);
      demand(group.set().isEmpty() || written >= group.ops().size());
      return;
    }
    List<RowOp> absent = missed(group, found(group));
    if (!absent.isEmpty()) {
      RowGroup rest = new RowGroup(group.table(), group.kind(), group.set(), group.add(), absent);
      demand(execute(SqlText.insert(rest), rest) == absent.size());
    }
  }

  private static void demand(boolean written) throws RowsRefusedException {
    if (!written) {
      throw new RowsRefusedException("a trigger or rule of the table suppressed the write", null);
    }
  }

  private static void demandAll(List<RowOp> missed) throws RowsRefusedException {
    for (RowOp op : missed) {
      if (!op.absentAllowed()) {
        throw new RowsRefusedException("row does not exist", null);
      }
    }
  }

  private static List<RowOp> missed(RowGroup group, BitSet found) {
    List<RowOp> missed = new ArrayList<>();
    for (int i = found.nextClearBit(0); i < group.ops().size(); i = found.nextClearBit(i + 1)) {
      missed.add(group.ops().get(i));
    }
    return missed;
  }

  /** What stands where guarded effects found no row of their version. */
  private List<LogApplier.Lost> lost(RowGroup group, List<RowOp> missed)
      throws SQLException, RowsRefusedException {
    if (missed.isEmpty()) {
      return List.of();
    }
    RowGroup rows = group.onlyRows(missed);
    Map<Integer, String> versions = new HashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(SqlText.versions(rows))) {
      bind(statement, rows);
      try (ResultSet found = statement.executeQuery()) {
        while (found.next()) {
          demand(!found.getBoolean(3));
          versions.put(found.getInt(1) - 1, String.valueOf(found.getString(2)));
        }
      }
    }
    List<LogApplier.Lost> lost = new ArrayList<>(missed.size());
    for (int i = 0; i < missed.size(); i++) {
      lost.add(new LogApplier.Lost(missed.get(i), versions.get(i)));
    }
    return lost;
  }

  private int execute(String sql, RowGroup group) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      bind(statement, group);
      return statement.executeUpdate();
    }
  }

  /** Executes a change or delete, or only looks, and returns which of the rows were there. */
  private BitSet found(RowGroup group) throws SQLException, RowsRefusedException {
    String sql = group.kind() == RowOp.Kind.DELETE ? SqlText.delete(group) : SqlText.change(group);
    boolean changes = group.guarded() && group.kind() != RowOp.Kind.DELETE;
    BitSet found = new BitSet(group.ops().size());
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      bind(statement, group);
      try (ResultSet ordinals = statement.executeQuery()) {
        while (ordinals.next()) {
          found.set(ordinals.getInt(1) - 1);
          if (changes && !ordinals.getBoolean(2)) {
            throw new RowsRefusedException(
                "the version column was not raised: it is no integer, so the command or a trigger"
                    + " must change it",
                null);
          }
        }
      }
    }
    return found;
  }

  private void bind(PreparedStatement statement, RowGroup group) throws SQLException {
    int parameter = 1;
    for (int i = 0; i < group.table().key().size(); i++) {
      int column = i;
      bind(statement, parameter++, group, op -> op.key().get(column));
    }
    for (String column : group.set()) {
      bind(statement, parameter++, group, op -> op.set().get(column));
    }
    for (String column : group.add()) {
      bind(statement, parameter++, group, op -> plain(op.add().get(column)));
    }
    if (group.guarded()) {
      bind(statement, parameter, group, RowOp::base);
    }
  }

  private void bind(
      PreparedStatement statement,
      int parameter,
      RowGroup group,
      Function<RowOp, @Nullable String> value)
      throws SQLException {
    @Nullable String[] values = new String[group.ops().size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = value.apply(group.ops().get(i));
    }
    statement.setArray(parameter, connection.createArrayOf("text", values));
  }

  private static @Nullable String plain(@Nullable BigDecimal amount) {
    return amount == null ? null : amount.toPlainString();
  }

  private static String reason(SQLException e) {
    ServerErrorMessage server = e instanceof PSQLException p ? p.getServerErrorMessage() : null;
    if (server == null || server.getMessage() == null) {
      return "refused by Postgres";
    }
    String constraint = server.getConstraint();
    String reason =
        (constraint == null ? "" : "constraint " + constraint + ": ") + server.getMessage();
    return reason.length() > MAX_REASON ? reason.substring(0, MAX_REASON) + "…" : reason;
  }

  private interface Statement<T> {
    T execute() throws SQLException, RowsRefusedException;
  }
}
