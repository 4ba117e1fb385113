package dev.cachetide.system.race;

import dev.cachetide.sandbox.SandboxPostgres;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;
import org.postgresql.PGConnection;
import org.postgresql.PGProperty;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;

/**
 * A synchronous standby with hiccups: it receives the WAL as {@code pg_receivewal} does and most of
 * the time confirms it at once, but now and then late, as one with a slow disk or network would.
 *
 * <p>Every commit of the primary waits for it. Meanwhile the commit is in the WAL, and so in every
 * logical slot, and no reader can see it: the interval that lets caches go stale for good is
 * stretched from the microseconds that it lasts on an idle machine.
 */
final class LateStandby implements AutoCloseable {

  private static final String NAME = "late";
  private static final int ODDS = 1_000;
  private static final long LATEST_NANOS = TimeUnit.MILLISECONDS.toNanos(150);
  private static final long LOOK_NANOS = TimeUnit.MICROSECONDS.toNanos(100);

  private final HotRows rows;
  private final SplittableRandom random;
  private final int late;
  private final Connection connection;
  private final Background receiving;

  /**
   * Returns when commits wait for it.
   *
   * @param perMille how many of a thousand confirmations are late
   */
  LateStandby(SandboxPostgres postgres, HotRows rows, int perMille, SplittableRandom random)
      throws SQLException {
    this.rows = rows;
    this.random = random;
    this.late = perMille;
    connection = connect(postgres);
    PGReplicationStream stream =
        connection
            .unwrap(PGConnection.class)
            .getReplicationAPI()
            .replicationStream()
            .physical()
            .withStartPosition(
                LogSequenceNumber.valueOf(rows.ask("SELECT pg_current_wal_flush_lsn()")))
            .start();
    receiving = new Background(NAME, stopping -> receive(stream, stopping));
    names(NAME);
    Awaitility.await("the standby to be a synchronous one")
        .atMost(Duration.ofSeconds(20))
        .until(
            () ->
                rows.ask(
                        "SELECT sync_state FROM pg_stat_replication WHERE application_name = '"
                            + NAME
                            + "'")
                    .equals("sync"));
  }

  private static Connection connect(SandboxPostgres postgres) throws SQLException {
    Properties properties = new Properties();
    PGProperty.USER.set(properties, postgres.user());
    PGProperty.PASSWORD.set(properties, postgres.password());
    PGProperty.REPLICATION.set(properties, "true");
    PGProperty.PREFER_QUERY_MODE.set(properties, "simple");
    PGProperty.ASSUME_MIN_SERVER_VERSION.set(properties, "10");
    PGProperty.APPLICATION_NAME.set(properties, NAME);
    return DriverManager.getConnection(postgres.jdbcUrl(), properties);
  }

  private void names(String names) {
    rows.run(
        "ALTER SYSTEM SET synchronous_standby_names = '" + names + "'", "SELECT pg_reload_conf()");
  }

  private void receive(PGReplicationStream stream, BooleanSupplier stopping) throws SQLException {
    while (!stopping.getAsBoolean()) {
      ByteBuffer wal = stream.readPending();
      if (wal == null) {
        LockSupport.parkNanos(LOOK_NANOS);
        continue;
      }
      if (random.nextInt(ODDS) < late) {
        LockSupport.parkNanos(random.nextLong(LATEST_NANOS));
      }
      stream.setFlushedLSN(stream.getLastReceiveLSN());
      stream.forceUpdateStatus();
    }
    stream.close();
  }

  /** Commits wait for nobody from now on. */
  @Override
  public void close() throws SQLException {
    names("");
    Awaitility.await("commits to wait for nobody")
        .atMost(Duration.ofSeconds(20))
        .until(() -> rows.ask("SHOW synchronous_standby_names").isEmpty());
    try (connection) {
      receiving.close();
    }
  }
}
