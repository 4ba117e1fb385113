package dev.cachetide.sandbox;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * A real Redis Cluster on 127.0.0.1: a few primaries that share all slots, each with a replica or
 * none.
 *
 * <p>Its nodes are {@link SandboxRedis} servers and may be stopped, killed, suspended and started
 * again one by one; what the others make of it takes them the node timeout and, where a replica
 * takes over, an election of a second or so more. A node that starts again is the member it was,
 * and empty like every {@link SandboxRedis} that was not built persistent.
 */
public final class SandboxRedisCluster implements AutoCloseable {
  private final Folder folder;
  private final List<ClusterNode> primaries;
  private final List<ClusterNode> replicas;

  private SandboxRedisCluster(
      Folder folder, List<ClusterNode> primaries, List<ClusterNode> replicas) {
    this.folder = folder;
    this.primaries = primaries;
    this.replicas = replicas;
  }

  /** Three primaries without replicas, unless said otherwise. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Three primaries without replicas.
   *
   * @throws SandboxException when they do not come up or together
   */
  public static SandboxRedisCluster start() {
    return builder().start();
  }

  /** {@code redis://127.0.0.1:port} of every node, those that began as primaries first. */
  public List<String> uris() {
    return nodes().stream().map(SandboxRedis::uri).toList();
  }

  /** The nodes that began as primaries, in the order of their slots, whatever they are now. */
  public List<SandboxRedis> primaries() {
    return primaries.stream().map(ClusterNode::redis).toList();
  }

  /** The nodes that began as replicas, each at the index of its primary; empty without replicas. */
  public List<SandboxRedis> replicas() {
    return replicas.stream().map(ClusterNode::redis).toList();
  }

  /** All nodes, those that began as primaries first. */
  public List<SandboxRedis> nodes() {
    return all().map(ClusterNode::redis).toList();
  }

  /**
   * The node that serves the key, as the first node that answers sees it.
   *
   * @throws SandboxException when no node answers, or none serves the key
   */
  public SandboxRedis owner(String key) {
    return running().stream()
        .flatMap(node -> owner(key, node).stream())
        .findFirst()
        .orElseThrow(() -> new SandboxException("no redis cluster node says who serves the key"));
  }

  /**
   * Waits until every node that runs says {@code cluster_state:ok} and, if it is a replica, is in
   * step with its primary. A node that was lost a moment ago is not yet missed: see {@link
   * #awaitFailover}.
   *
   * @throws SandboxException when they do not within half a minute, or none runs
   */
  public void awaitOk() {
    ClusterFormation.await(
        "ok again", () -> everyOneOf(running(), node -> node.saysOk() && node.inStep()));
  }

  /**
   * Waits until every other node that runs knows a new owner of all the slots of the lost primary,
   * which was killed, stopped or suspended, and says {@code cluster_state:ok}.
   *
   * @throws SandboxException when that does not happen within half a minute, as without replicas
   */
  public void awaitFailover(SandboxRedis lost) {
    ClusterFormation.await(
        "over its failover",
        () ->
            everyOneOf(
                running().stream().filter(node -> node.redis() != lost).toList(),
                node -> node.saysOk() && withoutSlots(lost, node)));
  }

  /** Stops every node; idempotent. */
  @Override
  public void close() {
    // Replicas first: a primary that stops waits a while for replicas that lag behind.
    List<SandboxRedis> servers = new ArrayList<>(replicas());
    servers.addAll(primaries());
    try (folder) {
      Sandbox.closeAll(servers);
    }
  }

  private Stream<ClusterNode> all() {
    return Stream.concat(primaries.stream(), replicas.stream());
  }

  private List<ClusterNode> running() {
    return all().filter(node -> node.redis().running()).toList();
  }

  /** Where nobody is left, nothing is well. */
  private static boolean everyOneOf(List<ClusterNode> nodes, Predicate<ClusterNode> condition) {
    return !nodes.isEmpty() && nodes.stream().allMatch(condition);
  }

  private Optional<SandboxRedis> owner(String key, ClusterNode accordingTo) {
    try {
      String slot = accordingTo.redis().ask("CLUSTER", "KEYSLOT", key).get(0);
      return accordingTo
          .view()
          .owner(Integer.parseInt(slot))
          .flatMap(
              member -> nodes().stream().filter(node -> node.port() == member.port()).findFirst());
    } catch (IOException e) {
      // Silent or just gone: the next one knows as well.
      return Optional.empty();
    }
  }

  private static boolean withoutSlots(SandboxRedis lost, ClusterNode accordingTo) {
    try {
      return accordingTo.view().of(lost.port()).slots().isEmpty();
    } catch (IOException e) {
      // Silent for now: asked again until the limit.
      return false;
    }
  }

  /** Not thread-safe. */
  public static final class Builder {
    private int primaries = 3;
    private boolean withReplicas;
    private Duration nodeTimeout = Duration.ofSeconds(2);
    private Consumer<SandboxRedis.Builder> nodeChoices = builder -> {};

    private Builder() {}

    /** How many share the slots; default 3, the fewest of which a lost one can be outvoted. */
    public Builder primaries(int primaries) {
      if (primaries < 1) {
        throw new IllegalArgumentException("primaries must be at least 1, not " + primaries);
      }
      this.primaries = primaries;
      return this;
    }

    /** One for each primary; default none. */
    public Builder withReplicas() {
      this.withReplicas = true;
      return this;
    }

    /** How long a node is silent before it is suspected; default 2 s. */
    public Builder nodeTimeout(Duration nodeTimeout) {
      this.nodeTimeout = nodeTimeout;
      return this;
    }

    /** Called with the builder of every node before it starts. */
    public Builder nodes(Consumer<SandboxRedis.Builder> choices) {
      this.nodeChoices = choices;
      return this;
    }

    /**
     * Starts the nodes, joins them and returns when every one says {@code cluster_state:ok}.
     *
     * @throws SandboxException when they do not come up or together
     */
    public SandboxRedisCluster start() {
      SandboxRedisCluster cluster =
          new SandboxRedisCluster(
              Folder.of(null, "redis-cluster"), new ArrayList<>(), new ArrayList<>());
      try {
        startNodes(cluster.folder, "primary-", cluster.primaries);
        if (withReplicas) {
          startNodes(cluster.folder, "replica-", cluster.replicas);
        }
        new ClusterFormation(cluster.primaries, cluster.replicas).form();
        return cluster;
      } catch (IOException e) {
        cluster.close();
        throw new SandboxException("the redis cluster could not be formed", e);
      } catch (RuntimeException e) {
        cluster.close();
        throw e;
      }
    }

    private void startNodes(Folder folder, String prefix, List<ClusterNode> nodes) {
      for (int index = 0; index < primaries; index++) {
        int busPort = FreePorts.next();
        SandboxRedis.Builder node = SandboxRedis.builder();
        nodeChoices.accept(node);
        node.directory(folder.path().resolve(prefix + index))
            .option("cluster-enabled", "yes")
            .option("cluster-port", Integer.toString(busPort))
            .option("cluster-announce-ip", "127.0.0.1")
            .option("cluster-node-timeout", Long.toString(nodeTimeout.toMillis()))
            .option("repl-diskless-sync-delay", "0")
            // A stop would wait ten seconds for a replica that is suspended or gone.
            .option("shutdown-timeout", "1");
        nodes.add(new ClusterNode(node.start(), busPort));
      }
    }
  }
}
