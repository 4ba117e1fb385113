package dev.cachetide;

import dev.cachetide.wire.ChannelMessage.Beat;
import dev.cachetide.wire.InvalidationCodec;
import dev.cachetide.wire.PipelineNames;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** The sign of life of a worker that has nothing to say. */
final class Beats implements AutoCloseable {

  private final RedisClient connection;
  private final RedisCommands<String, byte[]> redis;
  private final String channel;
  private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();

  Beats(String uri, String pipeline) {
    connection = RedisClient.create(uri);
    redis = connection.connect(RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE)).sync();
    channel = new PipelineNames(pipeline).invalidationChannel();
    var unused =
        thread.scheduleWithFixedDelay(
            this::beat, 0, Beat.INTERVAL_MILLIS / 2, TimeUnit.MILLISECONDS);
  }

  private void beat() {
    String runId =
        redis
            .info("server")
            .lines()
            .filter(line -> line.startsWith("run_id:"))
            .map(line -> line.substring("run_id:".length()).strip())
            .findAny()
            .orElseThrow();
    Map<String, Long> positions = Map.of("shop.public.users/0", -1L);
    redis.publish(channel, InvalidationCodec.encode(new Beat(1, Set.of(runId), positions, 1, 0)));
  }

  @Override
  public void close() {
    thread.shutdownNow();
    connection.shutdown(Duration.ZERO, Duration.ofSeconds(2));
  }
}
