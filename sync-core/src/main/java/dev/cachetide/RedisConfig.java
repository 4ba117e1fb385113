package dev.cachetide;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which Redis, and how patiently.
 *
 * @param uris one of {@code redis://}, {@code rediss://} (TLS) or {@code
 *     redis-sentinel://h1,h2#name} with user and password where needed; of a cluster, one or more
 *     of its nodes
 * @param cluster whether it is a Redis Cluster
 * @param timeout default 500 ms; after it a command counts as failed, and a read falls back to the
 *     loader
 * @param queue default 10,000; how many commands may wait for answers before more are refused at
 *     once
 * @param trustedCertificates a PEM file with the certificates of the authorities that may have
 *     signed a server's, for TLS; null for those that the Java runtime trusts
 */
public record RedisConfig(
    List<String> uris,
    boolean cluster,
    Duration timeout,
    int queue,
    @Nullable Path trustedCertificates) {

  /** The default of {@link #timeout}. */
  public static final Duration TIMEOUT = Duration.ofMillis(500);

  /** The default of {@link #queue}. */
  public static final int QUEUE = 10_000;

  /**
   * Checks and copies.
   *
   * @throws IllegalArgumentException when there is no address, or several without a cluster, or a
   *     number is not positive
   */
  public RedisConfig {
    uris = List.copyOf(uris);
    if (uris.isEmpty()) {
      throw new IllegalArgumentException("redis: no address; call redis(\"redis://host:6379\")");
    }
    if (uris.size() > 1 && !cluster) {
      throw new IllegalArgumentException(
          "redis: several addresses are for a cluster; call redisCluster(…), or list sentinels in"
              + " one redis-sentinel:// address");
    }
    if (timeout.isNegative() || timeout.isZero()) {
      throw new IllegalArgumentException("redis: timeout must be positive, not " + timeout);
    }
    if (queue < 1) {
      throw new IllegalArgumentException("redis: queue must be positive, not " + queue);
    }
  }

  /** One server, or what sentinels name, with the defaults. */
  public static RedisConfig of(String uri) {
    return new RedisConfig(List.of(uri), false, TIMEOUT, QUEUE, null);
  }

  /** A cluster with the defaults. */
  public static RedisConfig cluster(String... nodes) {
    return new RedisConfig(List.of(nodes), true, TIMEOUT, QUEUE, null);
  }

  /** The same with another timeout. */
  public RedisConfig withTimeout(Duration timeout) {
    return new RedisConfig(uris, cluster, timeout, queue, trustedCertificates);
  }

  /**
   * The same, trusting what a PEM file holds instead of what the Java runtime trusts; for {@code
   * rediss://} addresses. A server's name is checked all the same. The file is read when a
   * connection is made, so one that was replaced counts from the next connection on; one that is
   * not there when the client is built is refused.
   */
  public RedisConfig withTrustedCertificates(Path pem) {
    return new RedisConfig(uris, cluster, timeout, queue, pem);
  }

  /** Does not show the addresses: they may hold passwords. */
  @Override
  public String toString() {
    return "RedisConfig[cluster=" + cluster + ", timeout=" + timeout + "]";
  }
}
