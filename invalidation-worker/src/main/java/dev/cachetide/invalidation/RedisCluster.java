package dev.cachetide.invalidation;

import dev.cachetide.runtime.settings.RedisSettings;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A Redis Cluster. Which nodes are primaries is asked of the nodes every 15 s, and at once after a
 * redirect or a lost connection.
 */
final class RedisCluster implements RedisServers {

  private static final Duration REFRESH = Duration.ofSeconds(15);
  private static final Duration REFRESH_AT_MOST = Duration.ofSeconds(1);

  private final RedisSettings settings;
  private final RedisClusterClient client;
  private final AtomicLong changes = new AtomicLong();
  private @Nullable StatefulRedisClusterConnection<String, String> connection;
  private Set<String> primaryIds = Set.of();

  RedisCluster(RedisSettings settings) {
    this.settings = settings;
    RedisURI seed = RedisAddress.of(settings.url());
    seed.setTimeout(settings.timeout());
    client = RedisClusterClient.create(seed);
    client.addListener(RedisStandalone.counting(changes));
    // Refreshing after redirects and lost connections is on by default.
    ClusterClientOptions.Builder options = ClusterClientOptions.builder();
    options.topologyRefreshOptions(
        ClusterTopologyRefreshOptions.builder()
            .enablePeriodicRefresh(REFRESH)
            .adaptiveRefreshTriggersTimeout(REFRESH_AT_MOST)
            .build());
    RedisStandalone.options(options, settings);
    client.setOptions(options.build());
  }

  @Override
  public long changes() {
    Set<String> now = new TreeSet<>();
    nodes().forEach(node -> now.add(node.getNodeId()));
    if (!now.equals(primaryIds)) {
      primaryIds = now;
      changes.incrementAndGet();
    }
    return changes.get();
  }

  /**
   * Connects to every primary first: Lettuce refuses the commands of a node whose connection is
   * only being made.
   */
  @Override
  public RedisClusterAsyncCommands<String, String> commands() {
    StatefulRedisClusterConnection<String, String> open = connected();
    nodes().forEach(node -> connection(open, node));
    return open.async();
  }

  @Override
  public List<Primary> primaries() {
    StatefulRedisClusterConnection<String, String> open = connected();
    List<Primary> primaries = new ArrayList<>();
    for (RedisClusterNode node : nodes()) {
      var commands = connection(open, node).async();
      primaries.add(new Primary(commands, commands));
    }
    return primaries;
  }

  /** By address, as Lettuce looks for the owner of a slot: so it is the same connection. */
  private static StatefulRedisConnection<String, String> connection(
      StatefulRedisClusterConnection<String, String> open, RedisClusterNode node) {
    return open.getConnection(node.getUri().getHost(), node.getUri().getPort());
  }

  private List<RedisClusterNode> nodes() {
    List<RedisClusterNode> nodes =
        connected().getPartitions().stream()
            .filter(node -> node.getRole().isUpstream() && !node.getSlots().isEmpty())
            .toList();
    if (nodes.isEmpty()) {
      throw new RedisConnectionException("no primary of the cluster is known");
    }
    return nodes;
  }

  @Override
  public StatefulRedisPubSubConnection<String, byte[]> listening() {
    return client.connectPubSub(MESSAGES);
  }

  @Override
  public void lookElsewhere() {
    var unused = client.refreshPartitionsAsync();
  }

  @Override
  public boolean cluster() {
    return true;
  }

  private StatefulRedisClusterConnection<String, String> connected() {
    StatefulRedisClusterConnection<String, String> open = connection;
    if (open == null) {
      try {
        open = client.connect();
      } catch (RedisConnectionException e) {
        throw RedisRefused.of(e, settings);
      }
      connection = open;
    }
    return open;
  }

  @Override
  public void close() {
    if (connection != null) {
      connection.close();
    }
    client.shutdown(Duration.ZERO, settings.timeout());
  }
}
