package dev.cachetide.internal.coherence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.wire.ChannelMessage;
import dev.cachetide.wire.ChannelMessage.Batch;
import dev.cachetide.wire.ChannelMessage.Beat;
import dev.cachetide.wire.ChannelMessage.Range;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * One partition, two workers that take it from each other and go on for a while after they lost it,
 * and a channel that loses messages and mixes what the two say. After every beat that is heard,
 * every record up to its position was named in a message that was heard, or L1 was flushed after
 * the record had been evicted.
 */
final class NumberingPropertyTest {

  private static final String PARTITION = "t/0";

  @Test
  void no_message_that_was_lost_stays_unnoticed_by_the_next_beat() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    int flushes = 0;
    for (int world = 0; world < 3_000; world++) {
      flushes += new World(seed + world).run();
    }
    assertThat(flushes).isGreaterThan(3_000);
  }

  @Test
  void a_channel_that_loses_nothing_flushes_once_for_the_first_message_of_one_worker() {
    World world = new World(7);
    world.loss = 0;
    world.workers = 1;
    assertThat(world.run()).isEqualTo(1);
  }

  private static final class World {
    private final long seed;
    private final Random random;
    private final Numbering numbering = new Numbering();
    private final long[] positions = {-1, -1};
    private final List<Queue<ChannelMessage>> said =
        List.of(new ArrayDeque<>(), new ArrayDeque<>());

    /** Evicted, and neither heard of nor followed by a flush. */
    private final Set<Long> open = new TreeSet<>();

    /** Heard of, or flushed after: for good, since an eviction that is repeated changes nothing. */
    private final Set<Long> covered = new TreeSet<>();

    private double loss = 0.3;
    private int workers = 2;
    private int flushes;

    World(long seed) {
      this.seed = seed;
      this.random = new Random(seed);
    }

    int run() {
      for (int step = 0; step < 60; step++) {
        int worker = random.nextInt(workers);
        switch (random.nextInt(6)) {
          case 0, 1 -> work(worker);
          case 2 -> say(worker, new Beat(1, Set.of(), Map.of(PARTITION, positions[worker]), 1, 0));
          case 3 -> takeOver(worker);
          default -> deliver(worker);
        }
      }
      return flushes;
    }

    private void work(int worker) {
      long previous = positions[worker];
      long last = previous + 1 + random.nextInt(3);
      for (long record = previous + 1; record <= last; record++) {
        if (!covered.contains(record)) {
          open.add(record);
        }
      }
      positions[worker] = last;
      say(worker, new Batch(Map.of(PARTITION, new Range(previous, last)), List.of(), 0));
    }

    /** The other one had committed some of what it did. */
    private void takeOver(int worker) {
      long other = positions[workers - 1 - worker];
      positions[worker] = other - random.nextInt((int) Math.min(4, other + 2));
    }

    private void say(int worker, ChannelMessage message) {
      if (random.nextDouble() >= loss) {
        said.get(worker).add(message);
      }
    }

    private void deliver(int worker) {
      ChannelMessage message = said.get(worker).poll();
      if (message instanceof Batch batch) {
        Range range = batch.ranges().get(PARTITION);
        for (long record = range.previous() + 1; record <= range.last(); record++) {
          open.remove(record);
          covered.add(record);
        }
        flushIf(numbering.heard(batch, 0) != null);
      } else if (message instanceof Beat beat) {
        flushIf(numbering.heard(beat, 0) != null);
        long position = beat.positions().get(PARTITION);
        assertThat(open).as("seed " + seed).allMatch(record -> record > position);
      }
    }

    private void flushIf(boolean flush) {
      if (flush) {
        flushes++;
        covered.addAll(open);
        open.clear();
      }
    }
  }
}
