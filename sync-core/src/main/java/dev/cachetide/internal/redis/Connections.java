package dev.cachetide.internal.redis;

import dev.cachetide.RedisConfig;
import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.Delay;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the connections of a link and tells when one breaks.
 *
 * <p>Lettuce reconnects what was connected once; the first connection is tried here, twice a
 * second, so that an application may start before its Redis. Left to itself Lettuce would wait up
 * to 30 seconds between two attempts, and a Redis that is back would be ignored for as long.
 */
final class Connections implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Connections.class);
  private static final RedisCodec<String, byte[]> CODEC =
      RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);
  private static final Duration RETRY = Duration.ofMillis(500);
  private static final int POWERS_OF = 2;
  private static final Duration TOPOLOGY_REFRESH = Duration.ofSeconds(15);

  private final ClientResources resources;
  private final AbstractRedisClient client;
  private final @Nullable RedisURI uri;
  private final Duration timeout;
  private final Reachability reachability = new Reachability();
  private final AtomicLong changes;
  private final ScheduledExecutorService retries =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "cachetide-redis");
            thread.setDaemon(true);
            return thread;
          });
  private volatile @Nullable StatefulConnection<String, byte[]> connection;
  private volatile @Nullable RedisClusterAsyncCommands<String, byte[]> commands;

  private Connections(
      ClientResources resources,
      AbstractRedisClient client,
      @Nullable RedisURI uri,
      Duration timeout,
      AtomicLong changes) {
    this.changes = changes;
    this.resources = resources;
    this.client = client;
    this.uri = uri;
    this.timeout = timeout;
  }

  static Connections open(RedisConfig config, Runnable lost) {
    List<RedisURI> uris = config.uris().stream().map(RedisUris::of).toList();
    uris.forEach(uri -> uri.setTimeout(config.timeout()));
    ClientResources resources =
        ClientResources.builder()
            .reconnectDelay(
                Delay.exponential(Duration.ZERO, RETRY, POWERS_OF, TimeUnit.MILLISECONDS))
            .build();
    AtomicLong changes = new AtomicLong();
    Connections connections =
        config.cluster()
            ? new Connections(
                resources, cluster(resources, uris, config), null, config.timeout(), changes)
            : new Connections(
                resources,
                standalone(resources, uris.get(0), config),
                uris.get(0),
                config.timeout(),
                changes);
    connections.client.addListener(
        new LossListener(
            () -> {
              changes.incrementAndGet();
              lost.run();
            }));
    connections.connect();
    return connections;
  }

  private static RedisClient standalone(
      ClientResources resources, RedisURI uri, RedisConfig config) {
    RedisClient client = RedisClient.create(resources, uri);
    client.setOptions(options(ClientOptions.builder(), config).build());
    return client;
  }

  private static RedisClusterClient cluster(
      ClientResources resources, List<RedisURI> uris, RedisConfig config) {
    RedisClusterClient client = RedisClusterClient.create(resources, uris);
    ClusterClientOptions.Builder options = ClusterClientOptions.builder();
    // adaptive refresh, after MOVED and lost connections, is on by default
    options.topologyRefreshOptions(
        ClusterTopologyRefreshOptions.builder()
            .enablePeriodicRefresh(TOPOLOGY_REFRESH)
            .adaptiveRefreshTriggersTimeout(Duration.ofSeconds(1))
            .build());
    // a primary that was replaced stays listed as one until somebody makes the cluster forget it:
    // nobody has to wait for its answer, neither a scan nor whoever asks for run ids
    options.nodeFilter(
        node -> !node.is(RedisClusterNode.NodeFlag.FAIL) || !node.getSlots().isEmpty());
    options(options, config);
    client.setOptions(options.build());
    return client;
  }

  private static ClientOptions.Builder options(ClientOptions.Builder options, RedisConfig config) {
    if (config.trustedCertificates() != null) {
      options.sslOptions(
          SslOptions.builder()
              .jdkSslProvider()
              .trustManager(config.trustedCertificates().toFile())
              .build());
    }
    return options
        .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
        .requestQueueSize(config.queue())
        .socketOptions(SocketOptions.builder().connectTimeout(config.timeout()).build())
        .timeoutOptions(TimeoutOptions.enabled(config.timeout()));
  }

  /** Null while there never was a connection. */
  @Nullable RedisClusterAsyncCommands<String, byte[]> current() {
    return commands;
  }

  /** Of a cluster: whether it was reached once. */
  boolean open() {
    StatefulConnection<String, byte[]> made = connection;
    return made != null && made.isOpen();
  }

  /** How often a connection broke or was made. */
  long changes() {
    return changes.get();
  }

  private void connect() {
    connecting()
        .whenComplete(
            (made, failure) -> {
              if (failure != null) {
                reachability.failed(failure);
                again(this::connect);
              } else {
                reachability.reached();
                connection = made;
                commands = async(made);
              }
            });
  }

  private CompletionStage<? extends StatefulConnection<String, byte[]>> connecting() {
    try {
      if (client instanceof RedisClusterClient cluster) {
        // without the partitions Lettuce refuses to connect asynchronously
        return cluster.refreshPartitionsAsync().thenCompose(known -> cluster.connectAsync(CODEC));
      }
      return ((RedisClient) client).connectAsync(CODEC, target());
    } catch (RuntimeException e) {
      // a cluster whose nodes cannot be asked says so by throwing
      return CompletableFuture.failedFuture(e);
    }
  }

  CompletionStage<Void> subscribe(String channel, BiConsumer<String, byte[]> listener) {
    CompletableFuture<Void> subscribed = new CompletableFuture<>();
    subscribe(channel, listener, subscribed);
    return subscribed;
  }

  private void subscribe(
      String channel, BiConsumer<String, byte[]> listener, CompletableFuture<Void> subscribed) {
    listening()
        .thenCompose(
            made -> {
              made.addListener(
                  new RedisPubSubAdapter<>() {
                    @Override
                    public void message(String from, byte[] message) {
                      listener.accept(from, message);
                    }
                  });
              return made.async()
                  .subscribe(channel)
                  .whenComplete(
                      (done, failure) -> {
                        if (failure != null) {
                          // else it could be subscribed after all, beside the next attempt's
                          var unused = made.closeAsync();
                        }
                      });
            })
        .whenComplete(
            (done, failure) -> {
              if (failure == null) {
                subscribed.complete(null);
              } else {
                log.atDebug().setCause(failure).log("not subscribed yet");
                again(() -> subscribe(channel, listener, subscribed));
              }
            });
  }

  private CompletionStage<? extends StatefulRedisPubSubConnection<String, byte[]>> listening() {
    try {
      if (client instanceof RedisClusterClient cluster) {
        return cluster
            .refreshPartitionsAsync()
            .thenCompose(known -> cluster.connectPubSubAsync(CODEC));
      }
      return ((RedisClient) client).connectPubSubAsync(CODEC, target());
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  CompletionStage<Set<String>> runIds() {
    StatefulConnection<String, byte[]> open = connection;
    if (open instanceof StatefulRedisClusterConnection<String, byte[]> cluster) {
      var infos = cluster.async().nodes(Connections::mayAnswer).commands().info("server").futures();
      return CompletableFuture.allOf(infos)
          .thenApply(
              done -> {
                Set<String> ids = new HashSet<>();
                for (CompletableFuture<String> info : infos) {
                  ids.add(ServerInfo.runId(info.join()).orElse(""));
                }
                return ids;
              });
    }
    RedisClusterAsyncCommands<String, byte[]> now = commands;
    if (open == null || now == null) {
      return CompletableFuture.failedFuture(new IllegalStateException("Redis is away"));
    }
    return now.info("server")
        .thenCombine(
            now.info("replication"),
            (server, replication) -> {
              if (ServerInfo.isReplica(replication)) {
                lookElsewhere(open);
                throw new IllegalStateException("a replica answers, where nothing can be stored");
              }
              return Set.of(ServerInfo.runId(server).orElse(""));
            });
  }

  /** Sentinels that have not heard of a failover name the old primary, which is a replica now. */
  private void lookElsewhere(StatefulConnection<String, byte[]> made) {
    if (connection == made) {
      commands = null;
      connection = null;
      var unused = made.closeAsync();
      again(this::connect);
    }
  }

  private static boolean mayAnswer(RedisClusterNode node) {
    return node.is(RedisClusterNode.NodeFlag.UPSTREAM) && !node.getSlots().isEmpty();
  }

  private static RedisClusterAsyncCommands<String, byte[]> async(
      StatefulConnection<String, byte[]> made) {
    return made instanceof StatefulRedisClusterConnection<String, byte[]> cluster
        ? cluster.async()
        : ((StatefulRedisConnection<String, byte[]>) made).async();
  }

  private RedisURI target() {
    if (uri == null) {
      throw new IllegalStateException("a cluster has no single address");
    }
    return uri;
  }

  private void again(Runnable step) {
    if (!retries.isShutdown()) {
      var unused = retries.schedule(step, RETRY.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  @Override
  public void close() {
    retries.shutdownNow();
    client.shutdown(Duration.ZERO, timeout);
    resources
        .shutdown(0, timeout.toMillis(), TimeUnit.MILLISECONDS)
        .awaitUninterruptibly(timeout.toMillis());
  }
}
