package dev.cachetide.internal;

import dev.cachetide.Cache;
import dev.cachetide.CacheConfig;
import dev.cachetide.ClientState;
import dev.cachetide.Invalidations;
import dev.cachetide.Receipts;
import dev.cachetide.WritePublisher;
import dev.cachetide.internal.coherence.Coherence;
import dev.cachetide.internal.coherence.CoherenceListener;
import dev.cachetide.internal.coherence.FlushCause;
import dev.cachetide.internal.coherence.Listeners;
import dev.cachetide.internal.coherence.PipelineCoherence;
import dev.cachetide.internal.coherence.Trust;
import dev.cachetide.internal.fenced.FencedStore;
import dev.cachetide.internal.fenced.PlainStore;
import dev.cachetide.internal.fenced.Store;
import dev.cachetide.internal.near.NearCache;
import dev.cachetide.internal.near.NearConfig;
import dev.cachetide.internal.near.NearMeters;
import dev.cachetide.internal.redis.RedisLink;
import dev.cachetide.wire.CacheNames;
import dev.cachetide.wire.Invalidation;
import dev.cachetide.wire.PipelineNames;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What all caches of a process share: one link to Redis, one ear on the workers, the publishers and
 * the threads in the background. Built from the bottom up, closed in reverse.
 */
public final class Client implements AutoCloseable {

  private static final int THREADS = 16;
  private static final int TASKS = 10_000;
  private static final int TOKEN_BYTES = 16;

  private final ClientSettings settings;
  private final Listeners listeners = new Listeners();
  private final List<StatsCounter> nearStats = new CopyOnWriteArrayList<>();
  private final SecureRandom random = new SecureRandom();
  private final Coherence coherence;
  private final RedisLink redis;
  private final Breaker breaker = Breaker.create("cachetide-redis");
  private final Stamps tags;
  private final Stamps versions;
  private final Executor executor;
  private final @Nullable ExecutorService ownExecutor;
  private final @Nullable WritePublisher publisher;
  private final ClientInvalidations invalidations;

  private Client(ClientSettings settings) {
    this.settings = settings;
    PipelineNames pipeline = settings.pipeline();
    // the link may lose a connection before there is anybody to tell
    AtomicReference<@Nullable Coherence> ear = new AtomicReference<>();
    redis = RedisLink.open(settings.redis(), () -> lost(ear.get()));
    coherence = pipeline == null ? Coherence.standalone() : listening(pipeline, ear);
    ear.set(coherence);
    tags = new Stamps(redis, CacheNames::tagKey, System::nanoTime, random);
    versions = new Stamps(redis, CacheNames::versionKey, System::nanoTime, random);
    ownExecutor = settings.executor() == null ? threads() : null;
    executor = settings.executor() == null ? ownExecutor() : settings.executor();
    publisher =
        settings.kafka() == null || pipeline == null
            ? null
            : new WritePublisher(pipeline, settings.kafka(), settings.backlog());
    invalidations = new ClientInvalidations(redis, listeners, settings);
  }

  /**
   * Opens a client.
   *
   * @throws IllegalArgumentException when an address cannot be read
   */
  public static Client open(ClientSettings settings) {
    return new Client(settings);
  }

  private static void lost(@Nullable Coherence coherence) {
    if (coherence != null) {
      coherence.connectionLost();
    }
  }

  private Coherence listening(PipelineNames pipeline, AtomicReference<@Nullable Coherence> ear) {
    PipelineCoherence heard = new PipelineCoherence(listeners, flushes(), System::nanoTime);
    ear.set(heard);
    var unused = heard.start(redis, pipeline.invalidationChannel());
    return heard;
  }

  private CoherenceListener flushes() {
    return new CoherenceListener() {
      @Override
      public void invalidated(Invalidation what) {}

      @Override
      public void flushed(FlushCause cause) {
        nearStats.forEach(stats -> stats.add(StatsCounter.Count.NEAR_FLUSH));
      }
    };
  }

  private static ExecutorService threads() {
    AtomicInteger number = new AtomicInteger();
    ThreadPoolExecutor threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(TASKS),
            task -> {
              Thread thread = new Thread(task, "cachetide-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    threads.allowCoreThreadTimeOut(true);
    return threads;
  }

  private Executor ownExecutor() {
    ExecutorService own = ownExecutor;
    if (own == null) {
      throw new IllegalStateException("the application brought an executor");
    }
    return own;
  }

  /**
   * Builds a cache.
   *
   * @throws IllegalStateException when it wants an L1 and there is no pipeline
   */
  public <K, V> Cache<K, V> cache(CacheConfig config, Functions<K, V> functions) {
    StatsCounter stats = new StatsCounter();
    Guard guard =
        new Guard(config.name(), breaker, stats, System::nanoTime, settings.redis().timeout());
    Ground ground =
        new Ground(
            guard,
            coherence,
            tags,
            versions,
            stats,
            executor,
            InstantSource.system(),
            System::nanoTime);
    return new DefaultCache<>(
        config,
        CacheParts.assemble(
            config,
            ground,
            functions,
            store(config, functions.codec().schema()),
            near(config, stats),
            word(),
            publisher),
        this::cache);
  }

  private Store store(CacheConfig config, int schema) {
    return config.plain()
        ? new PlainStore(redis, schema, this::generation)
        : new FencedStore(redis, this::token);
  }

  private int generation() {
    Trust trust = coherence.trust();
    return trust == null ? 0 : trust.generation();
  }

  private byte[] token() {
    byte[] token = new byte[TOKEN_BYTES];
    random.nextBytes(token);
    return token;
  }

  private <K, V> Near<K, V> near(CacheConfig config, StatsCounter stats) {
    CacheConfig.Near wanted = config.near();
    if (wanted == null) {
      return Near.none();
    }
    if (!(coherence instanceof PipelineCoherence pipeline)) {
      throw new IllegalStateException(
          "cache "
              + config.name()
              + ": L1 needs the pipeline that keeps it coherent; call"
              + " pipeline(…) on the client's builder");
    }
    NearCache<NearLevel.Keyed<K, V>> held =
        new NearCache<>(
            new NearConfig(wanted.maximumSize(), wanted.ttl()),
            pipeline::usable,
            bypasses(stats),
            System::nanoTime,
            System::currentTimeMillis);
    listeners.register(held);
    nearStats.add(stats);
    return new NearLevel<>(held);
  }

  /** Hits are counted by the read path; what L1 keeps to itself is that it was not asked. */
  private static NearMeters bypasses(StatsCounter stats) {
    return new NearMeters() {
      @Override
      public void hit() {}

      @Override
      public void miss() {}

      @Override
      public void bypassed() {
        stats.add(StatsCounter.Count.NEAR_BYPASS);
      }

      @Override
      public void dropped() {}
    };
  }

  /** What tells the other processes of an eviction that an application made. */
  private Consumer<Invalidation> word() {
    return settings.pipeline() == null ? what -> {} : invalidations::tell;
  }

  /** Evictions beyond a cache. */
  public Invalidations invalidations() {
    return invalidations;
  }

  /**
   * What became of writes.
   *
   * @throws IllegalStateException without Kafka
   */
  public Receipts receipts() {
    if (publisher == null) {
      throw new IllegalStateException(
          "the client was built without Kafka; call pipeline(…) and kafka(…) on its builder");
    }
    return publisher.receipts();
  }

  /** What is known of the servers now. */
  public ClientState state() {
    return new ClientState(redis.connected(), coherence.heard(), trusted());
  }

  /** Whether Redis may be believed now. */
  public boolean trusted() {
    return coherence.trust() != null && redis.connected();
  }

  @Override
  public void close() {
    if (ownExecutor != null) {
      ownExecutor.shutdownNow();
    }
    coherence.close();
    if (publisher != null) {
      publisher.close();
    }
    invalidations.close();
    redis.close();
  }
}
