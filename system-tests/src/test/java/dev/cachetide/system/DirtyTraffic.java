package dev.cachetide.system;

import dev.cachetide.Cache;
import dev.cachetide.Receipt;
import dev.cachetide.system.DirtyShown.Accepted;
import dev.cachetide.system.DirtyShown.Write;
import dev.cachetide.system.race.Background;
import dev.cachetide.wire.WriteCommand;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Those who write: through Kafka, with rising numbers, each its own rows and some that it shares;
 * and by SQL, any row, often holding its lock for a while, so that a batch of writes waits and its
 * entries stay dirty.
 */
final class DirtyTraffic implements AutoCloseable {

  private static final long WRITE_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
  private static final long CHANGE_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long LONGEST_LOCK_NANOS = TimeUnit.MILLISECONDS.toNanos(120);
  private static final int LOCKS_ONE_IN = 4;

  private final DirtyWorld world;
  private final DirtyShown shown;
  private final List<Background> running = new ArrayList<>();
  private final LongAdder accepted;
  private final LongAdder changes;

  /**
   * Starts.
   *
   * @param writers one for each; they go on counting where they were
   */
  DirtyTraffic(
      DirtyWorld world,
      DirtyShown shown,
      List<Writer> writers,
      int changing,
      SplittableRandom random,
      LongAdder accepted,
      LongAdder changes) {
    this.world = world;
    this.shown = shown;
    this.accepted = accepted;
    this.changes = changes;
    for (Writer writer : writers) {
      running.add(new Background("dirty-writer", stopped -> write(writer, stopped)));
    }
    for (int i = 0; i < changing; i++) {
      SplittableRandom own = random.split();
      running.add(new Background("dirty-changer", stopped -> change(own, stopped)));
    }
  }

  private void write(Writer writer, BooleanSupplier stopped) {
    while (!stopped.getAsBoolean()) {
      for (String table : DirtyWorld.TABLES) {
        writeOne(writer, table);
      }
      LockSupport.parkNanos(WRITE_PAUSE_NANOS);
    }
  }

  private void writeOne(Writer writer, String table) {
    int id = writer.ids.get(writer.random.nextInt(writer.ids.size()));
    String key = table + ":" + id;
    Cache<Integer, String> cache = writer.client.cache(table);
    String before = cache.load(id).orElseThrow();
    long losses = shown.losses(key);
    long written = ++writer.written;
    WriteCommand command =
        WriteCommand.update("public." + table, Map.of("id", id), Map.of("written", written));
    Receipt receipt =
        writer.random.nextBoolean()
            ? cache.writeBehind().put(id, command, DirtyRows.withWritten(before, written))
            : cache
                .writeBehind()
                .update(id, command, value -> DirtyRows.withWritten(value, written));
    accepted.increment();
    if (id < DirtyRows.OWNED) {
      shown.accept(key, new Accepted(written, receipt.ticket()));
      if (receipt.visible()) {
        shown.show(key, new Write(written, losses));
      }
    }
  }

  private void change(SplittableRandom random, BooleanSupplier stopped) throws SQLException {
    while (!stopped.getAsBoolean()) {
      String table = random.nextBoolean() ? DirtyWorld.KEPT : DirtyWorld.YIELDING;
      try (Connection connection = world.rows.connect();
          PreparedStatement update =
              connection.prepareStatement(
                  "UPDATE " + table + " SET changed = changed + 1 WHERE id = ?")) {
        connection.setAutoCommit(false);
        update.setInt(1, random.nextInt(DirtyRows.ROWS));
        update.executeUpdate();
        if (random.nextInt(LOCKS_ONE_IN) == 0) {
          LockSupport.parkNanos(random.nextLong(LONGEST_LOCK_NANOS));
        }
        connection.commit();
      }
      changes.increment();
      LockSupport.parkNanos(random.nextLong(CHANGE_PAUSE_NANOS));
    }
  }

  void failIfEnded() {
    running.forEach(Background::failIfEnded);
  }

  /** Returns when all of them have stopped; throws what has ended one before. */
  @Override
  public void close() {
    running.forEach(Background::close);
  }

  /** One process that writes, and the rows that it writes. */
  static final class Writer {
    private final DirtyClient client;
    private final List<Integer> ids;
    private final SplittableRandom random;
    private long written;

    Writer(DirtyClient client, List<Integer> ids, SplittableRandom random) {
      this.client = client;
      this.ids = List.copyOf(ids);
      this.random = random;
    }
  }
}
