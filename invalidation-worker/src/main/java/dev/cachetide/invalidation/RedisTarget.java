package dev.cachetide.invalidation;

import dev.cachetide.invalidation.Evictor.Removal;
import dev.cachetide.invalidation.rules.Plan;
import dev.cachetide.runtime.settings.RedisSettings;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisConnectionStateAdapter;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Redis, as the worker evicts from it. Used by the loop's thread alone.
 *
 * <p>Every command that {@link #evict} sends may be sent twice without harm, so Lettuce's replay
 * after a reconnect needs no filter; while it is disconnected it refuses commands at once, and the
 * loop keeps the batch.
 */
final class RedisTarget implements Evictor.Target {

  private static final int KEYS_A_COMMAND = 500;
  private static final int KEYS_A_SCAN = 1_000;
  private static final int QUEUE = 20_000;

  private final RedisSettings settings;
  private final RedisClient client;
  private final AtomicLong connects = new AtomicLong();
  private @Nullable StatefulRedisConnection<String, String> connection;
  private int roundTrips;

  RedisTarget(RedisSettings settings) {
    this.settings = settings;
    RedisURI uri = RedisAddress.of(settings.url());
    uri.setTimeout(settings.timeout());
    client = RedisClient.create(uri);
    client.addListener(
        new RedisConnectionStateAdapter() {
          @Override
          public void onRedisConnected(RedisChannelHandler<?, ?> channel, SocketAddress address) {
            connects.incrementAndGet();
          }
        });
    client.setOptions(
        ClientOptions.builder()
            .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
            .requestQueueSize(QUEUE)
            .socketOptions(SocketOptions.builder().connectTimeout(settings.timeout()).build())
            .timeoutOptions(TimeoutOptions.enabled(settings.timeout()))
            .build());
  }

  /**
   * How often a connection was made so far: while it stays the same, the same start of the same
   * server answers. Connects when there is no connection.
   *
   * @throws RedisException when the connection is down; Lettuce is making another one
   */
  @Override
  public long connects() {
    if (!connected().isOpen()) {
      throw new RedisConnectionException("Redis is away");
    }
    return connects.get();
  }

  /**
   * Who answers now: changes whenever the server is started again, and when another one takes its
   * place. Connects when there is no connection.
   */
  @Override
  public String runId() throws ExecutionException, TimeoutException, InterruptedException {
    String info = await(commands().info("server"));
    return info.lines()
        .filter(line -> line.startsWith("run_id:"))
        .map(line -> line.substring("run_id:".length()).strip())
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("INFO server has no run_id"));
  }

  /**
   * Evicts everything in a plan: the keys in one pipelined round trip, then what the patterns
   * match. When it throws, an unknown part has been evicted, which a second call makes whole.
   */
  @Override
  public Removal evict(Plan plan)
      throws ExecutionException, TimeoutException, InterruptedException {
    roundTrips = 0;
    long removed = unlink(plan.keys());
    for (String pattern : plan.patterns()) {
      removed += unlinkMatching(pattern);
    }
    return new Removal(removed, roundTrips);
  }

  private long unlink(Collection<String> keys)
      throws ExecutionException, TimeoutException, InterruptedException {
    List<String> all = new ArrayList<>(keys);
    List<RedisFuture<Long>> replies = new ArrayList<>();
    for (int from = 0; from < all.size(); from += KEYS_A_COMMAND) {
      List<String> chunk = all.subList(from, Math.min(all.size(), from + KEYS_A_COMMAND));
      replies.add(commands().unlink(chunk.toArray(String[]::new)));
    }
    roundTrips += replies.isEmpty() ? 0 : 1;
    long removed = 0;
    for (RedisFuture<Long> reply : replies) {
      removed += await(reply);
    }
    return removed;
  }

  /**
   * SCAN sees every key that is there from its beginning to its end; KEYS would stop the server.
   */
  private long unlinkMatching(String pattern)
      throws ExecutionException, TimeoutException, InterruptedException {
    ScanArgs args = ScanArgs.Builder.matches(pattern).limit(KEYS_A_SCAN);
    long removed = 0;
    List<String> chunk = new ArrayList<>();
    KeyScanCursor<String> found;
    ScanCursor cursor = ScanCursor.INITIAL;
    do {
      found = await(commands().scan(cursor, args));
      roundTrips++;
      cursor = found;
      chunk.addAll(found.getKeys());
      if (chunk.size() >= KEYS_A_SCAN) {
        removed += unlink(chunk);
        chunk.clear();
      }
    } while (!found.isFinished());
    return removed + unlink(chunk);
  }

  private RedisClusterAsyncCommands<String, String> commands() {
    return connected().async();
  }

  private StatefulRedisConnection<String, String> connected() {
    StatefulRedisConnection<String, String> open = connection;
    if (open == null) {
      open = client.connect();
      connection = open;
    }
    return open;
  }

  private <T> T await(RedisFuture<T> reply)
      throws ExecutionException, TimeoutException, InterruptedException {
    return reply.get(settings.timeout().toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    if (connection != null) {
      connection.close();
    }
    client.shutdown(Duration.ZERO, settings.timeout());
  }
}
