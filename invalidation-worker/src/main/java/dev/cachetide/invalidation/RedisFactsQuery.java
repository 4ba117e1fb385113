package dev.cachetide.invalidation;

import dev.cachetide.runtime.settings.RedisSettings;
import dev.cachetide.wire.Invalidation;
import dev.cachetide.wire.InvalidationCodec;
import io.lettuce.core.KeyScanArgs;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.async.RedisServerAsyncCommands;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Asks Redis for {@link RedisFacts}. What the user may do is tried with commands that change
 * nothing that anybody uses: a key of its own, and the eviction of that key on the channel.
 */
public final class RedisFactsQuery implements AutoCloseable {

  /** Below {@code cachetide:*}, which the user may touch in any case, and nobody's. */
  private static final String OWN_KEY = "cachetide:doctor";

  private static final Pattern USER = Pattern.compile("://([^:@/]+):[^@/]*@");
  private static final String REFUSED = "NOPERM";

  private final RedisSettings settings;
  private final RedisServers node;

  /** Connects when first asked. */
  public RedisFactsQuery(RedisSettings settings) {
    this.settings = settings;
    node = new RedisStandalone(settings);
  }

  /**
   * The facts as they are now.
   *
   * @param channel that the worker publishes on
   * @param keys one for each template of the rules
   * @param refreshes whether a rule puts rows into Redis
   * @param writes whether tables are written to through Kafka, whose evictions are scripts
   * @throws IOException when Redis does not answer, with its reason
   */
  public RedisFacts load(String channel, List<String> keys, boolean refreshes, boolean writes)
      throws IOException, InterruptedException {
    try {
      boolean clustered =
          field(await(node.primaries().get(0).server().info("cluster")), "cluster_enabled")
              .equals("1");
      if (!clustered || !settings.cluster()) {
        return facts(node, clustered, attempts(node.commands(), channel, keys, refreshes, writes));
      }
      try (RedisServers cluster = new RedisCluster(settings)) {
        return facts(cluster, true, attempts(cluster.commands(), channel, keys, refreshes, writes));
      }
    } catch (ExecutionException e) {
      throw new IOException(reason(e.getCause() == null ? e : e.getCause()), e);
    } catch (TimeoutException e) {
      throw new IOException("no answer within redis.timeout", e);
    } catch (RedisException e) {
      throw new IOException(reason(e), e);
    }
  }

  private RedisFacts facts(RedisServers servers, boolean clustered, Map<String, Attempt> attempts)
      throws ExecutionException, TimeoutException, InterruptedException {
    List<RedisFacts.Server> found = new ArrayList<>();
    for (RedisServers.Primary primary : servers.primaries()) {
      found.add(server(primary.server(), clustered));
    }
    return new RedisFacts(user(settings.url()), clustered, found, refused(attempts));
  }

  /** As Redis calls the one that authenticates with a password alone, or not at all. */
  private static String user(String url) {
    Matcher user = USER.matcher(url);
    return user.find() ? URLDecoder.decode(user.group(1), StandardCharsets.UTF_8) : "default";
  }

  private RedisFacts.Server server(
      RedisServerAsyncCommands<String, String> server, boolean clustered)
      throws ExecutionException, TimeoutException, InterruptedException {
    String about = await(server.info("server"));
    String memory = await(server.info("memory"));
    String runId = field(about, "run_id");
    String node = RedisAddress.node(settings.url());
    return new RedisFacts.Server(
        clustered ? node + " (port " + field(about, "tcp_port") + ")" : node,
        field(about, "redis_version"),
        runId,
        field(await(server.info("replication")), "role").equals("slave"),
        field(memory, "maxmemory_policy"),
        Long.parseLong("0" + field(memory, "maxmemory")),
        field(await(server.info("persistence")), "aof_enabled").equals("1"),
        save(server),
        aheadMillis(server));
  }

  private @Nullable String save(RedisServerAsyncCommands<String, String> server)
      throws ExecutionException, TimeoutException, InterruptedException {
    try {
      return await(server.configGet("save")).get("save");
    } catch (ExecutionException e) {
      if (isRefusal(e)) {
        return null;
      }
      throw e;
    }
  }

  private @Nullable Long aheadMillis(RedisServerAsyncCommands<String, String> server)
      throws ExecutionException, TimeoutException, InterruptedException {
    try {
      long before = System.currentTimeMillis();
      List<String> time = await(server.time());
      long here = (before + System.currentTimeMillis()) / 2;
      return Long.parseLong(time.get(0)) * 1_000 + Long.parseLong(time.get(1)) / 1_000 - here;
    } catch (ExecutionException e) {
      if (isRefusal(e)) {
        return null;
      }
      throw e;
    }
  }

  private static Map<String, Attempt> attempts(
      RedisClusterAsyncCommands<String, String> redis,
      String channel,
      List<String> keys,
      boolean refreshes,
      boolean writes) {
    Map<String, Attempt> attempts = new LinkedHashMap<>();
    attempts.put("+ping", redis::ping);
    attempts.put(
        "+scan", () -> redis.scan(ScanCursor.INITIAL, KeyScanArgs.Builder.matches(OWN_KEY)));
    attempts.put("+sscan", () -> redis.sscan(OWN_KEY));
    attempts.put("+srem", () -> redis.srem(OWN_KEY, "none"));
    attempts.put(
        "+publish",
        () ->
            redis.publish(
                channel,
                new String(
                    InvalidationCodec.encode(new Invalidation.Key(OWN_KEY), 0),
                    StandardCharsets.UTF_8)));
    if (refreshes) {
      attempts.put("+get", () -> redis.get(OWN_KEY));
      attempts.put("+getrange", () -> redis.getrange(OWN_KEY, 0, 0));
      attempts.put("+set", () -> redis.set(OWN_KEY, "", SetArgs.Builder.px(1).xx()));
      attempts.put("+hset", () -> redis.hset(OWN_KEY, "none", ""));
      attempts.put("+pexpire", () -> redis.pexpire(OWN_KEY, 1));
    }
    if (refreshes || writes) {
      attempts.put("+eval", () -> redis.eval("return 1", ScriptOutputType.INTEGER));
      attempts.put("+evalsha", () -> redis.evalsha("0".repeat(40), ScriptOutputType.INTEGER));
    }
    // After what may have made the key.
    attempts.put("+unlink", () -> redis.unlink(OWN_KEY));
    for (String key : keys) {
      attempts.put("~" + key, () -> redis.unlink(key));
    }
    return attempts;
  }

  private Map<String, String> refused(Map<String, Attempt> attempts)
      throws ExecutionException, TimeoutException, InterruptedException {
    Map<String, String> refused = new LinkedHashMap<>();
    for (Map.Entry<String, Attempt> each : attempts.entrySet()) {
      try {
        var unused = await(each.getValue().make());
      } catch (ExecutionException e) {
        if (isRefusal(e)) {
          refused.put(each.getKey(), reason(e.getCause() == null ? e : e.getCause()));
        } else if (!(e.getCause() instanceof RedisCommandExecutionException)) {
          throw e;
        }
        // Another reply of Redis, such as NOSCRIPT: the command was allowed.
      }
    }
    return refused;
  }

  private static boolean isRefusal(ExecutionException e) {
    return e.getCause() instanceof RedisCommandExecutionException
        && String.valueOf(e.getCause().getMessage()).startsWith(REFUSED);
  }

  /** Lettuce's own message names the server; the one behind it says why. */
  static String reason(Throwable e) {
    Throwable cause = e.getCause();
    String message = String.valueOf(e.getMessage());
    return cause == null || cause.getMessage() == null || message.contains(cause.getMessage())
        ? message
        : message + ": " + cause.getMessage();
  }

  private static String field(String info, String name) {
    return info.lines()
        .filter(line -> line.startsWith(name + ":"))
        .map(line -> line.substring(name.length() + 1).strip())
        .findFirst()
        .orElse("");
  }

  private <T> T await(RedisFuture<T> reply)
      throws ExecutionException, TimeoutException, InterruptedException {
    return reply.get(settings.timeout().toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    node.close();
  }

  private interface Attempt {
    RedisFuture<?> make();
  }
}
