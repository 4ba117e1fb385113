package dev.cachetide.invalidation.lookup;

import dev.cachetide.invalidation.rules.FanOut;
import dev.cachetide.runtime.postgres.Catalog;
import dev.cachetide.runtime.postgres.ColumnInfo;
import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.postgres.TableInfo;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection that only reads, on the primary, with a limit on every statement. Rows come
 * through a cursor, a thousand at a time.
 *
 * <p>It gives up waiting for a lock before Postgres looks for deadlocks, lets the locks go that it
 * has, and asks again: an application that locks tables in another order is never the victim of a
 * lookup.
 */
final class LookupSession implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(LookupSession.class);
  private static final int FETCH_ROWS = 1_000;
  private static final String PREPARE =
      "SELECT set_config('statement_timeout', ?, false),"
          + " set_config('default_transaction_read_only', 'on', false), pg_is_in_recovery(),"
          + " set_config('lock_timeout', greatest(1, setting::int / 4)::text, false)"
          + " FROM pg_settings WHERE name = 'deadlock_timeout'";
  private static final String CONNECTION_REFUSED = "08004";

  private final Connection connection;
  private final Duration timeout;
  private final Map<FanOut, CompiledLookup> compiled = new HashMap<>();

  private LookupSession(Connection connection, Duration timeout) {
    this.connection = connection;
    this.timeout = timeout;
  }

  /**
   * Connects.
   *
   * @param timeout of one statement
   * @throws SQLException when the server is away or no primary
   */
  static LookupSession open(PostgresConnector postgres, Duration timeout) throws SQLException {
    Connection connection = postgres.connect();
    try (PreparedStatement statement = connection.prepareStatement(PREPARE)) {
      statement.setString(1, Long.toString(timeout.toMillis()));
      try (ResultSet result = statement.executeQuery()) {
        result.next();
        if (result.getBoolean(3)) {
          throw new SQLException("this server is a standby", CONNECTION_REFUSED);
        }
      }
      connection.setReadOnly(true);
      connection.setAutoCommit(false);
      return new LookupSession(connection, timeout);
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /**
   * The statement of a {@code fan_out}, made once.
   *
   * @throws LookupFailed when it does not fit the database
   * @throws SQLException when the server is away
   */
  CompiledLookup compiled(FanOut fanOut) throws LookupFailed, SQLException {
    CompiledLookup known = compiled.get(fanOut);
    if (known != null) {
      return known;
    }
    try {
      TableInfo source =
          Catalog.load(connection, List.of(fanOut.source()))
              .table(fanOut.source())
              .orElseThrow(() -> new LookupFailed("the source's table is gone"));
      CompiledLookup lookup = locking(() -> new LookupCompiler(connection).compile(fanOut, source));
      connection.commit();
      compiled.put(fanOut, lookup);
      return lookup;
    } catch (LookupCompiler.Refused e) {
      connection.rollback();
      throw new LookupFailed(e.message());
    } catch (SQLException e) {
      throw failed(fanOut, e);
    }
  }

  /** As {@link LookupCompiler#compile}, for a check beforehand. */
  CompiledLookup compile(FanOut fanOut, TableInfo source)
      throws LookupCompiler.Refused, SQLException {
    try {
      return locking(() -> new LookupCompiler(connection).compile(fanOut, source));
    } finally {
      connection.rollback();
    }
  }

  /**
   * Asks.
   *
   * @param elements one value a parameter each; may be empty, and then only the server's checks are
   *     made
   * @param most rows of all of them
   * @throws LookupFailed when Postgres refused, or took too long
   * @throws SQLException when the server is away
   */
  RelatedRows ask(CompiledLookup lookup, List<List<@Nullable String>> elements, int most)
      throws LookupFailed, SQLException {
    try {
      RelatedRows rows = locking(() -> read(lookup, elements, most));
      connection.commit();
      return rows;
    } catch (SQLException e) {
      throw failed(lookup.fanOut(), e);
    }
  }

  /** Asks again while tables are locked, for as long as a statement may take. */
  private <T, E extends Exception> T locking(Asking<T, E> asking) throws SQLException, E {
    long start = System.nanoTime();
    while (true) {
      try {
        return asking.ask();
      } catch (SQLException e) {
        if (!SqlFailures.isLocked(e) || System.nanoTime() - start > timeout.toNanos()) {
          throw e;
        }
        connection.rollback();
      }
    }
  }

  private RelatedRows read(CompiledLookup lookup, List<List<@Nullable String>> elements, int most)
      throws LookupFailed, SQLException {
    long start = System.nanoTime();
    RelatedRows rows = new RelatedRows(elements.size(), lookup.fanOut().cap(), most);
    try (PreparedStatement statement = connection.prepareStatement(lookup.sql())) {
      statement.setFetchSize(FETCH_ROWS);
      bind(lookup, elements, statement);
      try (ResultSet result = statement.executeQuery()) {
        while (result.next() && rows.add(result.getInt(1) - 1, row(lookup, result))) {
          // The server's limit is on each fetch.
          if (System.nanoTime() - start > timeout.toNanos()) {
            throw new SQLException("all fetches together", "57014");
          }
        }
      }
    }
    return rows;
  }

  private static void bind(
      CompiledLookup lookup, List<List<@Nullable String>> elements, PreparedStatement statement)
      throws SQLException {
    for (int i = 0; i < lookup.parameters().size(); i++) {
      ColumnInfo column = lookup.parameters().get(i);
      ArrayText array = new ArrayText();
      for (List<@Nullable String> element : elements) {
        String value = element.get(i);
        array.add(value == null ? null : KeyText.forInput(value, column.typeName()));
      }
      // Without a type of the driver's: the cast beside the parameter says which it is.
      statement.setObject(i + 1, array.toString(), Types.OTHER);
    }
  }

  private static Map<String, @Nullable String> row(CompiledLookup lookup, ResultSet result)
      throws SQLException {
    Map<String, @Nullable String> row = new HashMap<>();
    for (int i = 0; i < lookup.columns().size(); i++) {
      row.put(lookup.columns().get(i), result.getString(i + 2));
    }
    return row;
  }

  /** The server's message stays out: it may hold a row's values. */
  private LookupFailed failed(FanOut fanOut, SQLException e) throws SQLException {
    if (SqlFailures.isAway(e)) {
      throw e;
    }
    connection.rollback();
    compiled.remove(fanOut);
    return new LookupFailed(
        "57014".equals(e.getSQLState()) || SqlFailures.isLocked(e)
            ? "took longer than " + TimeUnit.NANOSECONDS.toMillis(timeout.toNanos()) + " ms"
            : "Postgres refused with SQLState " + e.getSQLState());
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      // It is given up in any case, and has only read.
      log.atDebug().setCause(e).log("connection did not close");
    }
  }

  /** A question that may be asked again after a rollback. */
  private interface Asking<T, E extends Exception> {
    T ask() throws SQLException, E;
  }
}
