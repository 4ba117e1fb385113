package dev.cachetide;

import dev.cachetide.internal.Client;
import dev.cachetide.internal.ClientSettings;
import dev.cachetide.wire.PipelineNames;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The client: connections to one Redis, shared by any number of caches. One per process is enough.
 *
 * <p>With a {@linkplain Builder#pipeline pipeline}, entries are believed only while its
 * invalidation workers are heard: as long as none was heard for 2 s, or Redis is not known to have
 * missed no eviction, reads go to the loader and nothing is stored. Without one, whoever changes a
 * value has to evict it.
 *
 * <p>Safe for concurrent use.
 */
public final class Cachetide implements AutoCloseable {

  private final Client client;

  private Cachetide(Client client) {
    this.client = client;
  }

  /** For a client; at least Redis has to be named. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * For a cache.
   *
   * @param name for metrics and logs
   */
  public <K, V> CacheBuilder<K, V> cache(String name, Codec<V> codec) {
    return new CacheBuilder<>(client, name, codec);
  }

  /** Evictions by tag, pattern and version, durable requests, and listening to all of them. */
  public Invalidations invalidations() {
    return client.invalidations();
  }

  /**
   * What became of write-behind writes, of any process.
   *
   * @throws IllegalStateException when the client was built without Kafka
   */
  public Receipts receipts() {
    return client.receipts();
  }

  /** What is known now of Redis and of the workers; {@link #trusted} is its sum. */
  public ClientState state() {
    return client.state();
  }

  /** Whether what is in Redis may be believed now; otherwise every read goes to its loader. */
  public boolean trusted() {
    return client.trusted();
  }

  /** Ends background work and closes the connections; within a few seconds. */
  @Override
  public void close() {
    client.close();
  }

  /** Not safe for concurrent use. */
  public static final class Builder {
    private @Nullable RedisConfig redis;
    private @Nullable PipelineNames pipeline;
    private @Nullable Map<String, ?> kafka;
    private @Nullable Executor executor;
    private Duration timeout = RedisConfig.TIMEOUT;
    private long backlog = WritePublisher.BACKLOG;

    private Builder() {}

    /** {@code redis://}, {@code rediss://} or {@code redis-sentinel://h1,h2#name}. */
    public Builder redis(String uri) {
      return redis(RedisConfig.of(uri));
    }

    /** A Redis Cluster, by some of its nodes. */
    public Builder redisCluster(String... nodes) {
      return redis(RedisConfig.cluster(nodes));
    }

    /** Any Redis. */
    public Builder redis(RedisConfig redis) {
      this.redis = redis;
      this.timeout = redis.timeout();
      return this;
    }

    /** How long one command may take before a read falls back; default 500 ms. */
    public Builder redisTimeout(Duration timeout) {
      this.timeout = timeout;
      return this;
    }

    /**
     * The pipeline that invalidates the entries.
     *
     * @throws IllegalArgumentException when it cannot be a pipeline's name
     */
    public Builder pipeline(String pipeline) {
      this.pipeline = new PipelineNames(pipeline);
      return this;
    }

    /** kafka-clients' own producer settings, for write-behind and durable requests. */
    public Builder kafka(Map<String, ?> kafka) {
      this.kafka = Map.copyOf(kafka);
      return this;
    }

    /**
     * How many write-behind writes may wait to be applied before further ones fail with {@link
     * BacklogException}; default 1,000,000, 0 for any number. They wait for room first, for {@code
     * max.block.ms}, 5 s unless set.
     *
     * @throws IllegalArgumentException when it is below 0
     */
    public Builder writeBacklog(long writes) {
      if (writes < 0) {
        throw new IllegalArgumentException("a backlog below 0");
      }
      backlog = writes;
      return this;
    }

    /** Where loads of async caches and renewals run; default 16 daemon threads. */
    public Builder executor(Executor executor) {
      this.executor = executor;
      return this;
    }

    /**
     * Opens the client; connects in the background.
     *
     * @throws IllegalStateException when Redis was not named, or Kafka without a pipeline
     * @throws IllegalArgumentException when an address cannot be read
     */
    public Cachetide build() {
      if (redis == null) {
        throw new IllegalStateException("no Redis; call redis(\"redis://host:6379\")");
      }
      if (kafka != null && pipeline == null) {
        throw new IllegalStateException("kafka needs the pipeline's name; call pipeline(\"shop\")");
      }
      return new Cachetide(
          Client.open(
              new ClientSettings(redis.withTimeout(timeout), pipeline, kafka, backlog, executor)));
    }
  }
}
