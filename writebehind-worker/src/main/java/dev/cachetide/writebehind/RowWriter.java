package dev.cachetide.writebehind;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
  private static final String ABSENT = "row does not exist";
  private static final String EXISTS = "row exists already";
  private static final String SUPPRESSED = "a trigger or rule of the table suppressed the write";

  private final Connection connection;
  private final RowStatements statements;
  private Standing standing = Standing.NONE;

  RowWriter(Connection connection) {
    this.connection = connection;
    this.statements = new RowStatements(connection);
  }

  @Override
  public List<LogApplier.Lost> write(RowGroup group) throws SQLException, RowsRefusedException {
    return judged(() -> dispatch(group));
  }

  @Override
  public List<LogApplier.Verdict> each(List<RowOp> ops) throws SQLException, RowsRefusedException {
    List<LogApplier.Verdict> verdicts = new ArrayList<>(ops.size());
    List<RowGroup> together = new ArrayList<>();
    for (RowOp op : ops) {
      RowGroup single = RowGroup.of(op);
      if (isOneStatement(op)) {
        together.add(single);
      } else {
        verdicts.addAll(together(together));
        together.clear();
        verdicts.add(alone(single));
      }
    }
    verdicts.addAll(together(together));
    return verdicts;
  }

  private static boolean isOneStatement(RowOp op) {
    return op.base() == null && (op.table().keyUnique() || !op.kind().inserts());
  }

  private List<LogApplier.Verdict> together(List<RowGroup> singles)
      throws SQLException, RowsRefusedException {
    if (singles.isEmpty()) {
      return List.of();
    }
    List<RowStatements.Tried> tried = judged(() -> statements.each(singles));
    List<LogApplier.Verdict> verdicts = new ArrayList<>(singles.size());
    for (int i = 0; i < singles.size(); i++) {
      boolean last = isLastOfItsRow(singles, i);
      verdicts.add(new LogApplier.Verdict(refusal(singles.get(i), tried.get(i), last), null));
    }
    return verdicts;
  }

  private static boolean isLastOfItsRow(List<RowGroup> singles, int index) {
    RowKey row = RowKey.of(singles.get(index).ops().get(0));
    return singles.subList(index + 1, singles.size()).stream()
        .noneMatch(later -> RowKey.of(later.ops().get(0)).equals(row));
  }

  private @Nullable RowsRefusedException refusal(
      RowGroup single, RowStatements.Tried tried, boolean last)
      throws SQLException, RowsRefusedException {
    if (tried.sqlState() != null) {
      return new RowsRefusedException(
          reason(tried.constraint(), tried.message()), tried.sqlState());
    }
    if (tried.rows() > 0) {
      return null;
    }
    Set<RowKey> row = Set.of(RowKey.of(single.ops().get(0)));
    return switch (single.kind()) {
      // the row is there, or was until a later effect, or a trigger suppressed the write
      case INSERT ->
          last && !judged(() -> statements.found(single.onlyRows(single.ops()))).isEmpty()
              ? new RowsRefusedException(EXISTS, UNIQUE_VIOLATION, row)
              : new RowsRefusedException(SUPPRESSED, null);
      case UPSERT -> single.set().isEmpty() ? null : new RowsRefusedException(SUPPRESSED, null);
      default ->
          single.ops().get(0).absentAllowed() ? null : new RowsRefusedException(ABSENT, null, row);
    };
  }

  private LogApplier.Verdict alone(RowGroup single) throws SQLException {
    execute("SAVEPOINT one");
    try {
      List<LogApplier.Lost> lost = write(single);
      execute("RELEASE SAVEPOINT one");
      return new LogApplier.Verdict(null, lost.isEmpty() ? null : lost.get(0));
    } catch (RowsRefusedException e) {
      execute("ROLLBACK TO SAVEPOINT one; RELEASE SAVEPOINT one");
      return new LogApplier.Verdict(e, null);
    }
  }

  @Override
  public Map<RowKey, Map<String, @Nullable String>> read(RowGroup rows, List<String> columns)
      throws SQLException, RowsRefusedException {
    return judged(() -> statements.texts(rows, columns));
  }

  @Override
  public Object mark() throws SQLException {
    switch (standing) {
      case NONE -> execute("SAVEPOINT piece");
      case FORGOTTEN -> execute("RELEASE SAVEPOINT piece; SAVEPOINT piece");
      case UNDONE -> {} // it stands at this very moment
      case MARKED -> throw new IllegalStateException("marks do not nest");
    }
    standing = Standing.MARKED;
    return standing;
  }

  @Override
  public void undoTo(Object mark) throws SQLException {
    execute("ROLLBACK TO SAVEPOINT piece");
    standing = Standing.UNDONE;
  }

  @Override
  public void forget(Object mark) throws SQLException {
    standing = Standing.FORGOTTEN;
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Tells the rows' fault from the environment's. */
  static <T> T judged(Step<T> step) throws SQLException, RowsRefusedException {
    try {
      return step.run();
    } catch (SQLException e) {
      if (SqlStates.isData(e.getSQLState())) {
        throw new RowsRefusedException(reason(e), e.getSQLState());
      }
      throw e;
    }
  }

  private List<LogApplier.Lost> dispatch(RowGroup group) throws SQLException, RowsRefusedException {
    switch (group.kind()) {
      case INSERT -> insert(group);
      case UPSERT -> upsert(group);
      default -> {
        List<RowOp> missed = missed(group, statements.found(group));
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
    if (arbitrated
        && statements.execute(SqlText.insertAbsent(group), group) == group.ops().size()) {
      return;
    }
    BitSet found = statements.found(group.onlyRows(group.ops()));
    if (!found.isEmpty()) {
      Set<RowKey> there = new HashSet<>();
      found.stream().forEach(i -> there.add(RowKey.of(group.ops().get(i))));
      throw new RowsRefusedException(EXISTS, UNIQUE_VIOLATION, there);
    }
    demand(!arbitrated && statements.execute(SqlText.insert(group), group) == group.ops().size());
  }

  private void upsert(RowGroup group) throws SQLException, RowsRefusedException {
    if (group.table().keyUnique()) {
      int written = statements.execute(SqlText.upsert(group), group);
      demand(group.set().isEmpty() || written >= group.ops().size());
      return;
    }
    List<RowOp> absent = missed(group, statements.found(group));
    if (!absent.isEmpty()) {
      RowGroup rest = new RowGroup(group.table(), group.kind(), group.set(), group.add(), absent);
      demand(statements.execute(SqlText.insert(rest), rest) == absent.size());
    }
  }

  private static void demand(boolean written) throws RowsRefusedException {
    if (!written) {
      throw new RowsRefusedException(SUPPRESSED, null);
    }
  }

  private static void demandAll(List<RowOp> missed) throws RowsRefusedException {
    Set<RowKey> absent = new HashSet<>();
    missed.stream().filter(op -> !op.absentAllowed()).map(RowKey::of).forEach(absent::add);
    if (!absent.isEmpty()) {
      throw new RowsRefusedException(ABSENT, null, absent);
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
    Map<Integer, RowStatements.Version> versions = statements.versions(group.onlyRows(missed));
    List<LogApplier.Lost> lost = new ArrayList<>(missed.size());
    for (int i = 0; i < missed.size(); i++) {
      RowStatements.Version version = versions.get(i);
      demand(version == null || !version.isBase());
      lost.add(new LogApplier.Lost(missed.get(i), version == null ? null : version.text()));
    }
    return lost;
  }

  private static String reason(SQLException e) {
    ServerErrorMessage server = e instanceof PSQLException p ? p.getServerErrorMessage() : null;
    return server == null
        ? reason(null, null)
        : reason(server.getConstraint(), server.getMessage());
  }

  private static String reason(@Nullable String constraint, @Nullable String message) {
    if (message == null) {
      return "refused by Postgres";
    }
    boolean blamed = constraint != null && !constraint.isEmpty();
    String reason = (blamed ? "constraint " + constraint + ": " : "") + message;
    return reason.length() > MAX_REASON ? reason.substring(0, MAX_REASON) + "…" : reason;
  }

  /**
   * Where the one savepoint is: it is released with the round trip that sets the next, and one that
   * was rolled back to serves again. The transaction's end takes the last away.
   */
  private enum Standing {
    NONE,
    MARKED,
    FORGOTTEN,
    UNDONE
  }

  /** Something to do that Postgres may refuse. */
  interface Step<T> {
    T run() throws SQLException, RowsRefusedException;
  }
}
