package dev.cachetide.sandbox;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A Redis primary and its replica on 127.0.0.1, watched by three real Sentinels under the name
 * {@code main}.
 *
 * <p>A primary that is silent for a second is replaced by the replica, which takes a few seconds. A
 * replaced primary that is started again becomes the replica of the new one; until the Sentinels
 * have seen to it, for a second or two, it takes itself for a primary.
 */
public final class SandboxSentinel implements AutoCloseable {
  private static final int SENTINELS = 3;
  private static final Duration LIMIT = Duration.ofSeconds(40);

  private final Folder folder = Folder.of(null, "redis-sentinel");
  private final List<SandboxRedis> servers = new ArrayList<>();
  private final List<SentinelNode> sentinels = new ArrayList<>();

  private SandboxSentinel() {}

  /**
   * Returns when the replica is in step and every Sentinel knows everybody.
   *
   * @throws SandboxException when they do not come up or together
   */
  public static SandboxSentinel start() {
    SandboxSentinel sandbox = new SandboxSentinel();
    try {
      sandbox.startAll();
      sandbox.awaitSettled();
      return sandbox;
    } catch (IOException e) {
      sandbox.close();
      throw new SandboxException("the redis sentinels could not be set up", e);
    } catch (RuntimeException e) {
      sandbox.close();
      throw e;
    }
  }

  /** {@code redis-sentinel://} with the three Sentinels' addresses, as Lettuce reads it. */
  public String uri() {
    return sentinelPorts().stream()
        .map(port -> "127.0.0.1:" + port)
        .collect(Collectors.joining(",", "redis-sentinel://", "/0#" + SentinelNode.GROUP));
  }

  /** Where the three Sentinels listen. */
  public List<Integer> sentinelPorts() {
    return sentinels.stream().map(SentinelNode::port).toList();
  }

  /** The two data servers, the one that began as primary first. */
  public List<SandboxRedis> servers() {
    return List.copyOf(servers);
  }

  /** The server that clients are told to use now; it may have died a moment ago. */
  public SandboxRedis primary() {
    int port = primaryPort();
    return servers.stream().filter(each -> each.port() == port).findFirst().orElseThrow();
  }

  /**
   * The port of {@link #primary()}.
   *
   * @throws SandboxException when no Sentinel answers
   */
  public int primaryPort() {
    return sentinels.stream()
        .map(SentinelNode::primaryPort)
        .flatMapToInt(OptionalInt::stream)
        .findFirst()
        .orElseThrow(() -> new SandboxException("no redis sentinel names a primary"));
  }

  /**
   * {@code kill -9} to the primary; does not wait for its replacement.
   *
   * @return the killed server, for {@link #awaitFailover} and to start it again
   */
  public SandboxRedis killPrimary() {
    SandboxRedis primary = primary();
    primary.killHard();
    return primary;
  }

  /**
   * Waits until every Sentinel names another primary than the lost one, which was killed, stopped
   * or suspended, and that one is a primary.
   *
   * @throws SandboxException when that does not happen within its limit
   */
  public void awaitFailover(SandboxRedis lost) {
    await("over their failover", () -> agreed() && primary() != lost && isPrimary(primary()));
  }

  /**
   * Waits until every Sentinel names the same primary and sees the other server as its replica, in
   * step with it.
   *
   * @throws SandboxException when that does not happen within its limit, as when a server is
   *     stopped
   */
  public void awaitSettled() {
    await(
        "settled",
        () ->
            agreed()
                && isPrimary(primary())
                && sentinels.stream().allMatch(each -> each.seesAllWell(SENTINELS - 1)));
  }

  /**
   * Primary and replica change their roles in order; returns when they have.
   *
   * @throws SandboxException when they do not within its limit
   */
  public void failover() {
    SandboxRedis before = primary();
    // The first moment after another failover is refused, and a reply may be lost.
    await("ready to fail over", () -> sentinels.get(0).failover() || primary() != before);
    awaitFailover(before);
    awaitSettled();
  }

  /** Stops the Sentinels, then the servers; idempotent. */
  @Override
  public void close() {
    try (folder) {
      try {
        // First, or they would take the stop for an outage.
        sentinels.forEach(SentinelNode::stop);
      } finally {
        Sandbox.closeAll(servers);
      }
    }
  }

  private void startAll() throws IOException {
    SandboxRedis primary = startServer("server-0", null);
    servers.add(primary);
    servers.add(startServer("server-1", primary));
    for (int index = 0; index < SENTINELS; index++) {
      SentinelNode sentinel = new SentinelNode("sentinel-" + index, folder.path(), primary.port());
      sentinels.add(sentinel);
      sentinel.start();
    }
  }

  private SandboxRedis startServer(String name, @Nullable SandboxRedis primary) {
    SandboxRedis.Builder builder =
        SandboxRedis.builder()
            .directory(folder.path().resolve(name))
            .option("repl-diskless-sync-delay", "0")
            // A stop would wait ten seconds for a replica that is suspended or gone.
            .option("shutdown-timeout", "1");
    if (primary != null) {
      builder.option("replicaof", "127.0.0.1", Integer.toString(primary.port()));
    }
    return builder.start();
  }

  private boolean agreed() {
    return sentinels.stream()
            .map(SentinelNode::primaryPort)
            .filter(OptionalInt::isPresent)
            .distinct()
            .count()
        == 1;
  }

  private static boolean isPrimary(SandboxRedis server) {
    try {
      return server.ask("ROLE").get(0).equals("master");
    } catch (IOException e) {
      // Silent for now: asked again until the limit.
      return false;
    }
  }

  private static void await(String what, BooleanSupplier condition) {
    if (!Waiting.until(condition, LIMIT)) {
      throw new SandboxException(
          "the redis sentinels were not " + what + " within " + LIMIT.toSeconds() + " s");
    }
  }
}
