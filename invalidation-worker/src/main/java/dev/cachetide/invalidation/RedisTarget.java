package dev.cachetide.invalidation;

import dev.cachetide.internal.redis.ServerInfo;
import dev.cachetide.invalidation.Evictor.Removal;
import dev.cachetide.invalidation.rules.Plan;
import dev.cachetide.runtime.settings.RedisSettings;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Redis, as the worker evicts from it and publishes on it: one server, the one that Sentinels name,
 * or a cluster. Used by the loop's thread alone.
 */
final class RedisTarget implements Evictor.Target, Announcer.Publisher, Canary.Store {

  private final RedisSettings settings;
  private final String channel;
  private final RedisServers servers;

  RedisTarget(RedisSettings settings, String channel) {
    this.settings = settings;
    this.channel = channel;
    servers = settings.cluster() ? new RedisCluster(settings) : new RedisStandalone(settings);
  }

  @Override
  public long connects() {
    return servers.changes();
  }

  @Override
  public Set<String> runIds() throws ExecutionException, TimeoutException, InterruptedException {
    List<RedisFuture<String>> answers = new ArrayList<>();
    List<RedisFuture<String>> roles = new ArrayList<>();
    for (RedisServers.Primary primary : servers.primaries()) {
      answers.add(primary.server().info("server"));
      roles.add(primary.server().info("replication"));
    }
    Set<String> runIds = new TreeSet<>();
    for (RedisFuture<String> answer : answers) {
      runIds.add(runId(await(answer)));
    }
    for (RedisFuture<String> role : roles) {
      requirePrimary(await(role));
    }
    return runIds;
  }

  /** Sentinels that have not heard of a failover name the old primary, which is a replica now. */
  private void requirePrimary(String info) {
    if (ServerInfo.isReplica(info)) {
      servers.lookElsewhere();
      throw new RedisException("a replica answers, where nothing can be evicted");
    }
  }

  private static String runId(String info) {
    return ServerInfo.runId(info)
        .orElseThrow(() -> new IllegalStateException("INFO server has no run_id"));
  }

  /**
   * Evicts everything in a plan. When it throws, an unknown part has been evicted, which a second
   * call makes whole.
   */
  @Override
  public Removal evict(Plan plan)
      throws ExecutionException, TimeoutException, InterruptedException {
    return new RedisEviction(servers, settings.timeout()).evict(plan);
  }

  /**
   * In a cluster every node passes the message on. One that Lettuce sends twice after a reconnect
   * is heard twice, which does no harm.
   */
  @Override
  public void publish(byte[] message)
      throws ExecutionException, TimeoutException, InterruptedException {
    await(servers.commands().publish(channel, new String(message, StandardCharsets.UTF_8)));
  }

  @Override
  public void put(String key, String value)
      throws ExecutionException, TimeoutException, InterruptedException {
    await(servers.commands().set(key, value));
  }

  @Override
  public @Nullable String get(String key)
      throws ExecutionException, TimeoutException, InterruptedException {
    return await(servers.commands().get(key));
  }

  /** A connection to subscribe on, for the caller to close. */
  StatefulRedisPubSubConnection<String, byte[]> listening() {
    return servers.listening();
  }

  private <T> T await(RedisFuture<T> reply)
      throws ExecutionException, TimeoutException, InterruptedException {
    return reply.get(settings.timeout().toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    servers.close();
  }
}
