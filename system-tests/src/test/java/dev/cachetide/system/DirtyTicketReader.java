package dev.cachetide.system;

import dev.cachetide.system.DirtyShown.Accepted;
import dev.cachetide.system.race.Background;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * A process that is handed the ticket of a write and reads the row: whatever Redis has lost and
 * whoever is dead, it must not get anything older.
 */
final class DirtyTicketReader implements AutoCloseable {

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  /** Longer than another worker needs to take the place of one that was killed. */
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final DirtyClient client;
  private final DirtyShown shown;
  private final SplittableRandom random;
  private final LongAdder reads = new LongAdder();
  private final LongAdder older = new LongAdder();
  private final Background running;

  DirtyTicketReader(DirtyClient client, DirtyShown shown, SplittableRandom random) {
    this.client = client;
    this.shown = shown;
    this.random = random;
    running = new Background("dirty-ticket-reader", this::run);
  }

  private void run(BooleanSupplier stopped) {
    while (!stopped.getAsBoolean()) {
      for (String table : DirtyWorld.TABLES) {
        read(table, random.nextInt(DirtyRows.OWNED));
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  private void read(String table, int id) {
    Accepted write = shown.accepted(table + ":" + id);
    if (write == null) {
      return;
    }
    String row = client.cache(table).loadAtLeast(id, write.ticket(), LIMIT).orElseThrow();
    reads.increment();
    if (DirtyRows.written(row) < write.written()) {
      older.increment();
    }
  }

  long reads() {
    return reads.sum();
  }

  /** Those that were older than the ticket. */
  long older() {
    return older.sum();
  }

  void failIfEnded() {
    running.failIfEnded();
  }

  @Override
  public void close() {
    running.close();
  }
}
