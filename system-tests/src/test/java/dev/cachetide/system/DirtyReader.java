package dev.cachetide.system;

import dev.cachetide.system.DirtyShown.Accepted;
import dev.cachetide.system.DirtyShown.Write;
import dev.cachetide.system.race.Background;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Reads all the time, in a process of its own, and holds what it gets against the writes that were
 * shown before the read began: it must not be older. A read that was not answered by Redis, because
 * the client does not believe it at the moment, is no check.
 */
final class DirtyReader implements AutoCloseable {

  private static final long PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(500);

  private final DirtyClient client;
  private final DirtyShown shown;
  private final SplittableRandom random;
  private final Map<String, LongAdder> checks = new HashMap<>();
  private final Map<String, LongAdder> older = new HashMap<>();
  private final LongAdder olderThanAccepted = new LongAdder();
  private final Queue<String> found = new ConcurrentLinkedQueue<>();
  private final Background running;

  DirtyReader(DirtyClient client, DirtyShown shown, SplittableRandom random) {
    this.client = client;
    this.shown = shown;
    this.random = random;
    for (String table : DirtyWorld.TABLES) {
      checks.put(table, new LongAdder());
      older.put(table, new LongAdder());
    }
    running = new Background("dirty-reader", this::run);
  }

  private void run(BooleanSupplier stopped) {
    while (!stopped.getAsBoolean()) {
      for (String table : DirtyWorld.TABLES) {
        read(table, random.nextInt(DirtyRows.ROWS));
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  private void read(String table, int id) {
    String key = table + ":" + id;
    Write must = shown.of(key);
    Accepted accepted = shown.accepted(key);
    long passedBy = client.passedBy(table);
    boolean trusted = client.trusted();
    String row = client.cache(table).load(id).orElseThrow();
    if (accepted != null && DirtyRows.written(row) < accepted.written()) {
      olderThanAccepted.increment();
    }
    boolean answered = trusted && client.trusted() && client.passedBy(table) == passedBy;
    if (must != null && answered && shown.stands(key, must)) {
      of(checks, table).increment();
      if (DirtyRows.written(row) < must.written()) {
        of(older, table).increment();
        if (table.equals(DirtyWorld.KEPT)) {
          found.add(
              "%s read %s as %s, shown was %d".formatted(Instant.now(), key, row, must.written()));
        }
      }
    }
  }

  private static LongAdder of(Map<String, LongAdder> counts, String table) {
    return Objects.requireNonNull(counts.get(table));
  }

  long checks(String table) {
    return of(checks, table).sum();
  }

  /** Reads that were older than a write which was shown before they began. */
  long older(String table) {
    return of(older, table).sum();
  }

  /** Reads that were older than a write which was accepted before they began. */
  long olderThanAccepted() {
    return olderThanAccepted.sum();
  }

  /** Each read of the table that keeps writes which was older than what was shown. */
  Collection<String> found() {
    return found;
  }

  void failIfEnded() {
    running.failIfEnded();
  }

  @Override
  public void close() {
    running.close();
  }
}
