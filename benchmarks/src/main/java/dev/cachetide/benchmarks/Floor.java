package dev.cachetide.benchmarks;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.postgresql.PGConnection;
import org.postgresql.PGProperty;
import org.postgresql.replication.PGReplicationStream;

/**
 * The least that could be done: one thread reads pgoutput and unlinks the row's key directly. No
 * Kafka, no visibility gate, no rules, nothing survives a crash.
 */
final class Floor implements AutoCloseable {

  private static final String SLOT = "bench_floor";

  private final String prefix;
  private final Connection connection;
  private final PGReplicationStream stream;
  private final RedisClient client;
  private final StatefulRedisConnection<String, String> redis;
  private final Thread reader = new Thread(this::read, "floor");
  private volatile boolean stopped;

  /**
   * Opens the stream.
   *
   * @param table whose first column is the integer that ends the key
   */
  Floor(String url, String user, String redisUri, String table, String prefix) throws SQLException {
    this.prefix = prefix;
    try (Connection admin = DriverManager.getConnection(url, user, "");
        Statement statement = admin.createStatement()) {
      statement.execute("CREATE PUBLICATION " + SLOT + " FOR TABLE " + table);
      statement.execute("SELECT pg_create_logical_replication_slot('" + SLOT + "', 'pgoutput')");
    }
    client = RedisClient.create(redisUri);
    redis = client.connect();
    Properties properties = new Properties();
    PGProperty.USER.set(properties, user);
    PGProperty.ASSUME_MIN_SERVER_VERSION.set(properties, "15");
    PGProperty.REPLICATION.set(properties, "database");
    PGProperty.PREFER_QUERY_MODE.set(properties, "simple");
    connection = DriverManager.getConnection(url, properties);
    stream =
        connection
            .unwrap(PGConnection.class)
            .getReplicationAPI()
            .replicationStream()
            .logical()
            .withSlotName(SLOT)
            .withSlotOption("proto_version", 1)
            .withSlotOption("publication_names", SLOT)
            .withStatusInterval(1, TimeUnit.SECONDS)
            .start();
  }

  void start() {
    reader.start();
  }

  private void read() {
    try {
      while (!stopped) {
        ByteBuffer message = stream.readPending();
        if (message == null) {
          LockSupport.parkNanos(100_000);
          continue;
        }
        if (message.get() == 'U') {
          // An eviction that fails shows as a key that never leaves.
          var unused = redis.async().unlink(prefix + firstColumn(message));
        }
        stream.setFlushedLSN(stream.getLastReceiveLSN());
        stream.setAppliedLSN(stream.getLastReceiveLSN());
      }
    } catch (SQLException e) {
      // Closing the stream ends the read in progress.
      if (!stopped) {
        throw new IllegalStateException("the floor's stream ended", e);
      }
    }
  }

  /** An update without an old tuple: relation, {@code N}, column count, {@code t}, length, text. */
  private static String firstColumn(ByteBuffer update) {
    update.position(update.position() + Integer.BYTES + 1 + Short.BYTES + 1);
    byte[] text = new byte[update.getInt()];
    update.get(text);
    return new String(text, StandardCharsets.US_ASCII);
  }

  @Override
  public void close() throws SQLException {
    stopped = true;
    stream.close();
    connection.close();
    redis.close();
    client.shutdown(0, 1, TimeUnit.SECONDS);
  }
}
