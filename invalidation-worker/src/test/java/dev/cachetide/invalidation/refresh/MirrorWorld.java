package dev.cachetide.invalidation.refresh;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.cachetide.internal.redis.RedisLink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A few rows that change, their changes delivered once, again, and out of order, keys that are
 * evicted, tables that are emptied, and warm-ups in between. At rest every key is absent or holds
 * the row as the table, a plain array, has it.
 */
final class MirrorWorld {

  private static final Duration LIFE = Duration.ofMinutes(10);
  private static final int STEPS = 40;

  private final Random random;
  private final RedisLink redis;
  private final MirrorStore store;
  private final List<String> keys;

  /** The version of each row; null when it is deleted. */
  private final @Nullable Integer[] table;

  private final List<Change> undelivered = new ArrayList<>();
  private final List<Change> delivered = new ArrayList<>();
  private final List<Warming> warmings = new ArrayList<>();
  private long lsn;
  private boolean emptying;

  private record Change(int key, Position position, @Nullable Integer version) {}

  private static final class Warming {
    final int key;
    final byte[] token;
    boolean loaded;
    @Nullable Integer version;

    Warming(int key, byte[] token) {
      this.key = key;
      this.token = token;
    }
  }

  MirrorWorld(long seed, RedisLink redis, MirrorStore store, List<String> keys) {
    random = new Random(seed);
    this.redis = redis;
    this.store = store;
    this.keys = keys;
    table = new @Nullable Integer[keys.size()];
    // The numbers begin where comparisons trip.
    lsn = List.of(5L, (1L << 32) - 9, (1L << 53) - 9, Long.MAX_VALUE - 9).get(random.nextInt(4));
  }

  /** What is wrong at rest; null when nothing is. */
  @Nullable String run() throws Exception {
    for (int i = 0; i < STEPS; i++) {
      step();
    }
    while (!undelivered.isEmpty()) {
      deliver(undelivered.remove(random.nextInt(undelivered.size())));
    }
    while (!warmings.isEmpty()) {
      warm();
    }
    finishEmptying();
    for (int i = 0; i < 3 && !delivered.isEmpty(); i++) {
      deliver(delivered.get(random.nextInt(delivered.size())));
    }
    return wrong();
  }

  private @Nullable String wrong() throws Exception {
    for (int key = 0; key < keys.size(); key++) {
      byte[] found = await(redis.get(keys.get(key)));
      String text = found == null ? null : new String(found, UTF_8);
      Integer version = table[key];
      if (text != null && !text.equals(String.valueOf(version))) {
        return keys.get(key) + " holds " + text + ", the table " + version;
      }
    }
    return null;
  }

  private void step() throws Exception {
    switch (random.nextInt(12)) {
      case 0, 1, 2 -> change(random.nextInt(keys.size()));
      case 3, 4, 5 -> {
        if (!undelivered.isEmpty()) {
          deliver(undelivered.remove(random.nextInt(undelivered.size())));
        }
      }
      case 6, 7 -> {
        if (!delivered.isEmpty()) {
          deliver(delivered.get(random.nextInt(delivered.size())));
        }
      }
      case 8 -> await(redis.unlink(List.of(keys.get(random.nextInt(keys.size())))));
      case 9 -> empty();
      case 10 -> begin();
      default -> warm();
    }
  }

  private void change(int key) {
    boolean delete = table[key] != null && random.nextInt(3) == 0;
    Integer version = delete ? null : random.nextInt(1_000_000);
    table[key] = version;
    // Some changes share the LSN and differ in their order.
    lsn += random.nextInt(2);
    undelivered.add(new Change(key, new Position(lsn, ++sequence), version));
  }

  private int sequence;

  private void deliver(Change change) throws Exception {
    String key = keys.get(change.key());
    Integer version = change.version();
    if (version == null) {
      await(store.remove(key, change.position(), LIFE));
    } else {
      await(store.put(key, change.position(), value(version), LIFE));
    }
    delivered.add(change);
  }

  /** TRUNCATE, in order after all that was before: the leases leave first, the values later. */
  private void empty() throws Exception {
    if (emptying) {
      finishEmptying();
    } else if (undelivered.isEmpty()) {
      Arrays.fill(table, null);
      emptying = true;
      await(redis.unlink(keys.stream().map(MirrorKeys::lease).toList()));
    }
  }

  private void finishEmptying() throws Exception {
    if (emptying) {
      emptying = false;
      // Rows that were written again meanwhile leave too; that is allowed.
      await(redis.unlink(keys));
    }
  }

  private void begin() throws Exception {
    Warming warming = new Warming(random.nextInt(keys.size()), new byte[16]);
    random.nextBytes(warming.token);
    warmings.add(warming);
    await(store.lease(keys.get(warming.key), warming.token, LIFE));
  }

  private void warm() throws Exception {
    if (warmings.isEmpty()) {
      return;
    }
    Warming warming = warmings.get(random.nextInt(warmings.size()));
    if (!warming.loaded) {
      warming.loaded = true;
      warming.version = table[warming.key];
      return;
    }
    warmings.remove(warming);
    if (warming.version != null) {
      await(store.fill(keys.get(warming.key), warming.token, value(warming.version), LIFE));
    }
  }

  private static Value value(Integer version) {
    return Value.string(String.valueOf(version).getBytes(UTF_8));
  }

  private static <T extends @Nullable Object> T await(CompletionStage<T> answer) throws Exception {
    return answer.toCompletableFuture().get(5, TimeUnit.SECONDS);
  }
}
