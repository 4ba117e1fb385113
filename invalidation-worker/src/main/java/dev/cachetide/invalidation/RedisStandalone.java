package dev.cachetide.invalidation;

import dev.cachetide.runtime.settings.RedisSettings;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisConnectionStateAdapter;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** One server, or the one that Sentinels name: they are asked again at every reconnect. */
final class RedisStandalone implements RedisServers {

  private static final int QUEUE = 20_000;

  private final RedisSettings settings;
  private final RedisClient client;
  private final AtomicLong connects = new AtomicLong();
  private @Nullable StatefulRedisConnection<String, String> connection;

  RedisStandalone(RedisSettings settings) {
    this.settings = settings;
    RedisURI uri = RedisAddress.of(settings.url());
    uri.setTimeout(settings.timeout());
    client = RedisClient.create(uri);
    client.addListener(counting(connects));
    client.setOptions(options(ClientOptions.builder(), settings).build());
  }

  static RedisConnectionStateAdapter counting(AtomicLong connects) {
    return new RedisConnectionStateAdapter() {
      @Override
      public void onRedisConnected(RedisChannelHandler<?, ?> channel, SocketAddress address) {
        connects.incrementAndGet();
      }
    };
  }

  /**
   * Every command that the worker sends may be sent twice without harm, so Lettuce's replay after a
   * reconnect needs no filter; while it is disconnected it refuses commands at once, and the loop
   * keeps the batch.
   */
  static ClientOptions.Builder options(ClientOptions.Builder options, RedisSettings settings) {
    Path trusted = settings.trustedCertificates();
    if (trusted != null) {
      options.sslOptions(trusting(trusted));
    }
    return options
        .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
        .requestQueueSize(QUEUE)
        .socketOptions(SocketOptions.builder().connectTimeout(settings.timeout()).build())
        .timeoutOptions(TimeoutOptions.enabled(settings.timeout()));
  }

  private static SslOptions trusting(Path authorities) {
    if (!Files.isReadable(authorities)) {
      throw new IllegalArgumentException(
          "redis.trustedCertificates: the file '" + authorities + "' cannot be read");
    }
    return SslOptions.builder().jdkSslProvider().trustManager(authorities.toFile()).build();
  }

  @Override
  public long changes() {
    if (!connected().isOpen()) {
      throw new RedisConnectionException("Redis is away");
    }
    return connects.get();
  }

  @Override
  public RedisClusterAsyncCommands<String, String> commands() {
    return connected().async();
  }

  @Override
  public List<Primary> primaries() {
    RedisAsyncCommands<String, String> commands = connected().async();
    return List.of(new Primary(commands, commands));
  }

  @Override
  public StatefulRedisPubSubConnection<String, byte[]> listening() {
    return client.connectPubSub(MESSAGES);
  }

  @Override
  public void lookElsewhere() {
    if (connection != null) {
      connection.close();
      connection = null;
    }
  }

  @Override
  public boolean cluster() {
    return false;
  }

  private StatefulRedisConnection<String, String> connected() {
    StatefulRedisConnection<String, String> open = connection;
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
