package dev.cachetide.system;

import dev.cachetide.system.race.Background;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * What goes on all the time: entries are deleted, now and then all of them, and connections of the
 * pipeline to Postgres are ended, the replication stream's too. Those of the invalidation workers
 * are spared: one that cannot ask which Redis was certified last evicts everything, and then a
 * write that is not seen would be no mistake.
 */
final class DirtyFaults implements AutoCloseable {

  private static final long EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final int ODDS = 300;

  private static final String TERMINATE =
      """
      SELECT count(pg_terminate_backend(pid)) FROM (
        SELECT pid FROM pg_stat_activity
        WHERE backend_type IN ('client backend', 'walsender')
          AND application_name <> '%s' AND application_name NOT LIKE 'cachetide-invalidate%%'
        ORDER BY random() LIMIT 1) any_of_them
      """
          .formatted(DirtyRows.APPLICATION);

  private final DirtyWorld world;
  private final DirtyShown shown;
  private final SplittableRandom random;
  private final RedisClient client;
  private final RedisCommands<String, String> redis;
  private final Background striking;
  private final LongAdder flushes;
  private final LongAdder terminations;

  DirtyFaults(
      DirtyWorld world,
      DirtyShown shown,
      SplittableRandom random,
      LongAdder flushes,
      LongAdder terminations) {
    this.world = world;
    this.shown = shown;
    this.random = random;
    this.flushes = flushes;
    this.terminations = terminations;
    client = RedisClient.create(world.redis());
    redis = client.connect().sync();
    striking = new Background("dirty-faults", this::run);
  }

  private void run(BooleanSupplier stopped) throws SQLException {
    while (!stopped.getAsBoolean()) {
      LockSupport.parkNanos(EVERY_NANOS);
      strike();
    }
  }

  private void strike() throws SQLException {
    int dice = random.nextInt(ODDS);
    if (dice == 0) {
      shown.flush(redis::flushall);
      flushes.increment();
    } else if (dice < 30) {
      String table = DirtyWorld.TABLES.get(random.nextInt(DirtyWorld.TABLES.size()));
      String key = table + ":" + random.nextInt(DirtyRows.ROWS);
      shown.delete(key, () -> redis.del(key));
    } else if (dice < 33) {
      terminate();
    }
  }

  private void terminate() throws SQLException {
    try (Connection connection = world.rows.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(TERMINATE);
      terminations.increment();
    }
  }

  void failIfEnded() {
    striking.failIfEnded();
  }

  @Override
  public void close() {
    try {
      striking.close();
    } finally {
      client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
    }
  }
}
