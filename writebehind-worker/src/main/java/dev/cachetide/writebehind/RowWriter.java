package dev.cachetide.writebehind;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
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

  private final Connection connection;

  RowWriter(Connection connection) {
    this.connection = connection;
  }

  @Override
  public void write(RowGroup group) throws SQLException, RowsRefusedException {
    try {
      if (group.kind() == RowOp.Kind.UPSERT) {
        upsert(group);
      } else {
        demandAll(group, found(group));
      }
    } catch (SQLException e) {
      if (SqlStates.isData(e.getSQLState())) {
        throw new RowsRefusedException(reason(e), e.getSQLState());
      }
      throw e;
    }
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

  private void upsert(RowGroup group) throws SQLException, RowsRefusedException {
    if (group.table().keyUnique()) {
      int written = execute(SqlText.upsert(group), group);
      demand(group.set().isEmpty() || written >= group.ops().size());
      return;
    }
    BitSet found = found(group);
    List<RowOp> absent = new ArrayList<>();
    for (int i = found.nextClearBit(0); i < group.ops().size(); i = found.nextClearBit(i + 1)) {
      absent.add(group.ops().get(i));
    }
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

  private static void demandAll(RowGroup group, BitSet found) throws RowsRefusedException {
    for (int i = found.nextClearBit(0); i < group.ops().size(); i = found.nextClearBit(i + 1)) {
      if (!group.ops().get(i).absentAllowed()) {
        throw new RowsRefusedException("row does not exist", null);
      }
    }
  }

  private int execute(String sql, RowGroup group) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      bind(statement, group);
      return statement.executeUpdate();
    }
  }

  /** Executes a change or delete, or only looks, and returns which of the rows were there. */
  private BitSet found(RowGroup group) throws SQLException {
    String sql = group.kind() == RowOp.Kind.DELETE ? SqlText.delete(group) : SqlText.change(group);
    BitSet found = new BitSet(group.ops().size());
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      bind(statement, group);
      try (ResultSet ordinals = statement.executeQuery()) {
        while (ordinals.next()) {
          found.set(ordinals.getInt(1) - 1);
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
}
