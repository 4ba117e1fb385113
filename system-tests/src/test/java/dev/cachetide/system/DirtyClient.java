package dev.cachetide.system;

import dev.cachetide.Cache;
import dev.cachetide.CacheBuilder;
import dev.cachetide.CacheConfig.Expiry;
import dev.cachetide.CacheStats;
import dev.cachetide.Cachetide;
import dev.cachetide.Codec;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;

/** One application process in front of the rows, with a cache for each table. */
final class DirtyClient implements AutoCloseable {

  /** Nothing that an echo has not removed ends while the test looks. */
  private static final Duration DIRTY = Duration.ofMinutes(30);

  private static final int STALLS_ONE_IN = 4;
  private static final long LONGEST_STALL_NANOS = TimeUnit.MILLISECONDS.toNanos(30);

  private final DirtyWorld world;
  private final Cachetide client;
  private final Map<String, Cache<Integer, String>> caches = new HashMap<>();
  private final SplittableRandom random;

  DirtyClient(DirtyWorld world, boolean near, SplittableRandom random) {
    this.world = world;
    this.random = random;
    client =
        Cachetide.builder()
            .redis(world.redis())
            .pipeline(DirtyWorld.PIPELINE)
            .kafka(Map.of("bootstrap.servers", world.sandbox.kafka().bootstrapServers()))
            .build();
    for (String table : DirtyWorld.TABLES) {
      CacheBuilder<Integer, String> builder =
          client
              .<Integer, String>cache(table, Codec.text())
              .expiry(expiry())
              .loader(id -> load(table, id));
      caches.put(
          table,
          near ? builder.near(DirtyRows.ROWS, Duration.ofMinutes(1)).build() : builder.build());
    }
    Awaitility.await("the client to hear the workers")
        .atMost(Duration.ofSeconds(30))
        .until(client::trusted);
  }

  private static Expiry expiry() {
    Expiry usual = Expiry.defaults();
    return new Expiry(
        usual.ttl(), usual.jitter(), usual.negative(), null, usual.beta(), usual.grace(), DIRTY);
  }

  /** As a reader that is descheduled between loading and filling. */
  private String load(String table, int id) {
    String row = world.rows.load(table, id);
    long stall;
    synchronized (random) {
      stall = random.nextInt(STALLS_ONE_IN) == 0 ? random.nextLong(LONGEST_STALL_NANOS) : 0;
    }
    LockSupport.parkNanos(stall);
    return row;
  }

  Cache<Integer, String> cache(String table) {
    return Objects.requireNonNull(caches.get(table));
  }

  boolean trusted() {
    return client.trusted();
  }

  /** How many reads of a table's cache have not been answered by Redis, whatever it holds. */
  long passedBy(String table) {
    CacheStats stats = cache(table).stats();
    return stats.bypasses() + stats.errors();
  }

  @Override
  public void close() {
    client.close();
  }
}
