package dev.cachetide.invalidation;

import dev.cachetide.invalidation.Evictor.Removal;
import dev.cachetide.invalidation.rules.Plan;
import dev.cachetide.runtime.settings.RedisSettings;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisConnectionStateAdapter;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
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
final class RedisTarget implements Evictor.Target, Announcer.Publisher {

  private static final int QUEUE = 20_000;

  private final RedisSettings settings;
  private final String channel;
  private final RedisClient client;
  private final AtomicLong connects = new AtomicLong();
  private @Nullable StatefulRedisConnection<String, String> connection;

  RedisTarget(RedisSettings settings, String channel) {
    this.settings = settings;
    this.channel = channel;
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
    String info = await(connected().async().info("server"));
    return info.lines()
        .filter(line -> line.startsWith("run_id:"))
        .map(line -> line.substring("run_id:".length()).strip())
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("INFO server has no run_id"));
  }

  /**
   * Evicts everything in a plan. When it throws, an unknown part has been evicted, which a second
   * call makes whole.
   */
  @Override
  public Removal evict(Plan plan)
      throws ExecutionException, TimeoutException, InterruptedException {
    RedisAsyncCommands<String, String> commands = connected().async();
    return new RedisEviction(commands, List.of(commands), settings.timeout()).evict(plan);
  }

  /** A message that Lettuce sends twice after a reconnect is heard twice, which does no harm. */
  @Override
  public void publish(byte[] message)
      throws ExecutionException, TimeoutException, InterruptedException {
    await(connected().async().publish(channel, new String(message, StandardCharsets.UTF_8)));
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
