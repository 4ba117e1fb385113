package dev.cachetide.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.internal.fenced.Entry;
import dev.cachetide.system.DirtyTraffic.Writer;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Writes through Kafka, changes by SQL and readers on the same rows, through the whole pipeline,
 * while workers are killed and paused, Redis loses entries and connections to Postgres are ended.
 *
 * <p>Whenever the traffic rests, every key must be absent or equal to the database. And a write
 * whose receipt says that it is visible must be seen by every read of the cache from then on,
 * unless Redis has lost the entry, which is counted. A reader with a ticket never gets anything
 * older than the ticket's write, whatever was lost. Two more tables show that the checks find what
 * they are for: in one, others' changes make dirty entries leave, and in the other no echo does.
 */
final class DirtyEntriesIT {

  private static final int ROUNDS = Scale.of(2, 18);
  private static final Duration HALF_ROUND = Duration.ofSeconds(Scale.of(3, 6));
  private static final Duration PAUSE = Duration.ofSeconds(Scale.of(3, 9));
  private static final int WRITERS = 2;
  private static final int CHANGING = 2;
  private static final int READERS = 2;

  private final long seed = Long.getLong("seed", System.nanoTime());
  private final SplittableRandom random = new SplittableRandom(seed);
  private final DirtyShown shown = new DirtyShown();
  private final LongAdder accepted = new LongAdder();
  private final LongAdder changes = new LongAdder();
  private final LongAdder flushes = new LongAdder();
  private final LongAdder terminations = new LongAdder();
  private final List<DirtyClient> clients = new ArrayList<>();
  private final List<DirtyReader> readers = new ArrayList<>();
  private @Nullable DirtyTicketReader tickets;
  private long atRest;
  private long present;
  private long unheard;

  @Test
  void at_rest_every_key_is_absent_or_equal_and_what_is_shown_is_seen(@TempDir Path directory)
      throws Exception {
    System.out.println("seed " + seed);
    try (DirtyWorld world = new DirtyWorld(directory)) {
      RedisClient client = RedisClient.create(world.redis());
      try {
        RedisCommands<String, byte[]> redis =
            client.connect(RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE)).sync();
        run(world, redis);
      } finally {
        readers.forEach(DirtyReader::close);
        if (older(DirtyWorld.KEPT) > 0) {
          readers.forEach(reader -> reader.found().forEach(System.out::println));
          System.out.println(world.output());
        }
        if (tickets != null) {
          tickets.close();
        }
        clients.forEach(DirtyClient::close);
        client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
      }
    }
    System.out.printf(
        "%d writes, %d changes, %d flushes, %d connections ended; at rest %d keys, %d present, %d"
            + " dirty without an echo%n",
        accepted.sum(), changes.sum(), flushes.sum(), terminations.sum(), atRest, present, unheard);
    DirtyWorld.TABLES.forEach(
        table ->
            System.out.printf(
                "%s: %d reads checked, %d older than what was shown%n",
                table, checks(table), older(table)));
    DirtyTicketReader reader = Objects.requireNonNull(tickets);
    System.out.printf(
        "%d reads with a ticket, %d older than it; without it %d were%n",
        reader.reads(), reader.older(), olderThanAccepted());
    assertThat(reader.older()).as("seed %d", seed).isZero();
    assertThat(reader.reads()).isGreaterThan(200);
    assertThat(olderThanAccepted()).as("reads that would have needed a ticket").isPositive();
    assertThat(older(DirtyWorld.KEPT)).as("seed %d", seed).isZero();
    assertThat(checks(DirtyWorld.KEPT)).isGreaterThan(1_000);
    assertThat(present).as("entries at rest").isGreaterThan(atRest / 4);
    assertThat(older(DirtyWorld.YIELDING)).as("hidden writes that are found").isPositive();
    assertThat(unheard).as("dirty entries at rest that are found").isPositive();
  }

  private void run(DirtyWorld world, RedisCommands<String, byte[]> redis) throws Exception {
    List<Writer> writers = new ArrayList<>();
    for (int writer = 0; writer < WRITERS; writer++) {
      int own = writer;
      List<Integer> ids =
          IntStream.range(0, DirtyRows.ROWS).filter(id -> id % WRITERS == own).boxed().toList();
      writers.add(new Writer(client(world, false), ids, random.split()));
    }
    DirtyClient near = client(world, true);
    // With nothing to check: an L1 hears of a write a little later than Redis.
    readers.add(new DirtyReader(near, new DirtyShown(), random.split()));
    for (int reader = 0; reader < READERS; reader++) {
      readers.add(new DirtyReader(client(world, false), shown, random.split()));
    }
    tickets = new DirtyTicketReader(client(world, false), shown, random.split());
    for (int round = 0; round < ROUNDS; round++) {
      traffic(world, writers, round);
      settle(world, redis, near);
    }
  }

  private long checks(String table) {
    return readers.stream().mapToLong(reader -> reader.checks(table)).sum();
  }

  private long older(String table) {
    return readers.stream().mapToLong(reader -> reader.older(table)).sum();
  }

  private long olderThanAccepted() {
    return readers.stream().mapToLong(DirtyReader::olderThanAccepted).sum();
  }

  private DirtyClient client(DirtyWorld world, boolean near) {
    DirtyClient client = new DirtyClient(world, near, random.split());
    clients.add(client);
    return client;
  }

  private void traffic(DirtyWorld world, List<Writer> writers, int round) throws Exception {
    try (DirtyTraffic traffic =
            new DirtyTraffic(world, shown, writers, CHANGING, random.split(), accepted, changes);
        DirtyFaults faults = new DirtyFaults(world, shown, random.split(), flushes, terminations)) {
      go(HALF_ROUND, traffic, faults);
      if (round % 2 == 0) {
        RoleProcess paused = world.pauseWorker();
        go(PAUSE, traffic, faults);
        paused.resume();
      } else {
        world.killWorker();
      }
      go(HALF_ROUND, traffic, faults);
    }
  }

  private void go(Duration duration, DirtyTraffic traffic, DirtyFaults faults) {
    long end = System.nanoTime() + duration.toNanos();
    while (System.nanoTime() - end < 0) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
      traffic.failIfEnded();
      faults.failIfEnded();
      readers.forEach(DirtyReader::failIfEnded);
      Objects.requireNonNull(tickets).failIfEnded();
    }
  }

  /** Readers go on, so that there is something to be wrong. */
  private void settle(DirtyWorld world, RedisCommands<String, byte[]> redis, DirtyClient near) {
    Awaitility.await("every accepted write to be done")
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> world.rows.done() == accepted.sum());
    for (String table : List.of(DirtyWorld.KEPT, DirtyWorld.YIELDING)) {
      Awaitility.await(table + " to rest, seed " + seed)
          .atMost(Duration.ofSeconds(30))
          .pollInterval(Duration.ofMillis(100))
          .untilAsserted(() -> assertThat(wrong(world, redis, near, table)).isEmpty());
    }
    for (int id = 0; id < DirtyRows.ROWS; id++) {
      atRest++;
      present += redis.exists(DirtyWorld.KEPT + ":" + id);
      unheard +=
          Entry.parse(redis.get(DirtyWorld.UNHEARD + ":" + id)) instanceof Entry.Dirty ? 1 : 0;
    }
  }

  /** What stands in Redis or in an L1 and is not what the database holds. */
  private static List<String> wrong(
      DirtyWorld world, RedisCommands<String, byte[]> redis, DirtyClient near, String table) {
    List<String> wrong = new ArrayList<>();
    for (int id = 0; id < DirtyRows.ROWS; id++) {
      String row = world.rows.load(table, id);
      Entry entry = Entry.parse(redis.get(table + ":" + id));
      if (entry instanceof Entry.Dirty dirty) {
        wrong.add(id + " is dirty: " + text(dirty.bytes(), dirty.body()) + " not " + row);
      } else if (entry instanceof Entry.Value value
          && !text(value.bytes(), value.body()).equals(row)) {
        wrong.add(id + " is " + text(value.bytes(), value.body()) + " not " + row);
      }
      near.cache(table)
          .get(id)
          .filter(held -> !held.equals(row))
          .ifPresent(held -> wrong.add("in L1 " + held + " not " + row));
    }
    return wrong;
  }

  private static String text(byte[] bytes, Entry.Body body) {
    return new String(bytes, body.offset(), bytes.length - body.offset(), StandardCharsets.UTF_8);
  }
}
