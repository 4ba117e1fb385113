package dev.cachetide.internal.coherence;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.cachetide.RedisConfig;
import dev.cachetide.internal.fenced.Content;
import dev.cachetide.internal.fenced.Entry;
import dev.cachetide.internal.fenced.FencedStore;
import dev.cachetide.internal.fenced.Origin;
import dev.cachetide.internal.near.NearCache;
import dev.cachetide.internal.near.NearCache.Held;
import dev.cachetide.internal.near.NearConfig;
import dev.cachetide.internal.near.NearMeters;
import dev.cachetide.internal.near.Ticket;
import dev.cachetide.internal.redis.RedisLink;
import dev.cachetide.wire.Invalidation;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** An application: reads rows through L1 and Redis, and notes how old what L1 served was. */
final class NearReader implements NearMeters, CoherenceListener, AutoCloseable {

  final Map<FlushCause, Integer> flushes = new ConcurrentHashMap<>();
  final AtomicLong worstStaleMillis = new AtomicLong();
  final AtomicInteger hits = new AtomicInteger();
  final AtomicInteger bypasses = new AtomicInteger();
  final PipelineCoherence coherence;
  final NearCache<Long> near;

  private final Rows rows;
  private final RedisLink link;
  private final FencedStore store;
  private final ScheduledExecutorService threads = Executors.newScheduledThreadPool(2);

  NearReader(String uri, Rows rows, long seed) {
    this.rows = rows;
    Listeners listeners = new Listeners();
    coherence = new PipelineCoherence(listeners, this, System::nanoTime);
    near =
        new NearCache<>(
            new NearConfig(100, Duration.ofMinutes(10)),
            coherence::usable,
            this,
            System::nanoTime,
            System::currentTimeMillis);
    listeners.register(near);
    link = RedisLink.open(RedisConfig.of(uri), coherence::connectionLost);
    var unusedStart = coherence.start(link, BeatingWorker.CHANNEL);
    Random tokens = new Random(seed);
    store = new FencedStore(link, () -> token(tokens));
    for (int i = 0; i < 2; i++) {
      Random random = new Random(seed + i);
      var unused =
          threads.scheduleWithFixedDelay(
              () -> read(random.nextInt(Rows.COUNT)), 0, 1, TimeUnit.MILLISECONDS);
    }
  }

  private static byte[] token(Random random) {
    byte[] token = new byte[16];
    random.nextBytes(token);
    return token;
  }

  private void read(int row) {
    long begun = System.nanoTime();
    Held<Long> held = near.get(Rows.key(row));
    if (held != null) {
      long stale = rows.staleMillis(row, held.value(), begun);
      worstStaleMillis.accumulateAndGet(stale, Math::max);
      return;
    }
    try {
      fetch(row);
    } catch (CompletionException e) {
      // Redis is away: an application would read the database now, and keep nothing
    }
  }

  private void fetch(int row) {
    String key = Rows.key(row);
    Trust trust = coherence.trust();
    if (trust == null) {
      return;
    }
    Ticket ticket = near.ticket(key);
    byte[] found = store.read(key).toCompletableFuture().join();
    Long version = version(found, trust);
    if (version == null) {
      version = load(row, trust);
    }
    if (version != null && coherence.trust() == trust) {
      long now = System.currentTimeMillis();
      near.put(key, ticket, new Held<>(version, Map.of(), now, now + 600_000, 0, new byte[0]));
    }
  }

  private @Nullable Long load(int row, Trust trust) {
    byte[] token = store.newToken();
    boolean mine =
        store.lease(Rows.key(row), token, Duration.ofSeconds(1)).toCompletableFuture().join()
            == null;
    if (!mine) {
      return null;
    }
    long version = rows.version(row);
    byte[] payload = Long.toString(version).getBytes(US_ASCII);
    long now = System.currentTimeMillis();
    Content content =
        new Content(payload, false, 0, trust.generation(), now, now + 600_000, Map.of());
    Duration ttl = Duration.ofMinutes(10);
    boolean filled =
        store.fill(Rows.key(row), token, content, Origin.load(0), ttl).toCompletableFuture().join();
    return filled ? version : null;
  }

  private static @Nullable Long version(byte @Nullable [] entry, Trust trust) {
    if (!(Entry.parse(entry) instanceof Entry.Value value)
        || value.header().generation() != trust.generation()) {
      return null;
    }
    int offset = value.body().offset();
    return Long.valueOf(new String(entry, offset, entry.length - offset, US_ASCII));
  }

  int flushes(FlushCause cause) {
    return flushes.getOrDefault(cause, 0);
  }

  @Override
  public void invalidated(Invalidation what) {}

  @Override
  public void flushed(FlushCause cause) {
    flushes.merge(cause, 1, Integer::sum);
  }

  @Override
  public void hit() {
    hits.incrementAndGet();
  }

  @Override
  public void miss() {}

  @Override
  public void bypassed() {
    bypasses.incrementAndGet();
  }

  @Override
  public void dropped() {}

  @Override
  public void close() {
    threads.shutdownNow();
    coherence.close();
    link.close();
  }
}
