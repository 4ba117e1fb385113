package dev.cachetide.benchmarks.hits;

import dev.cachetide.wire.ChannelMessage.Beat;
import dev.cachetide.wire.InvalidationCodec;
import dev.cachetide.wire.PipelineNames;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Stands in for an invalidation worker with nothing to do: it certifies Redis and beats. */
final class Heartbeat implements AutoCloseable {

  private static final RedisCodec<String, byte[]> CODEC =
      RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);

  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
  private final RedisClient client;
  private final StatefulRedisConnection<String, byte[]> connection;
  private final String channel;
  private final String runId;

  private Heartbeat(String redisUri, String pipeline) {
    client = RedisClient.create(redisUri);
    connection = client.connect(CODEC);
    channel = new PipelineNames(pipeline).invalidationChannel();
    runId =
        connection
            .sync()
            .info("server")
            .lines()
            .filter(line -> line.startsWith("run_id:"))
            .map(line -> line.substring("run_id:".length()).strip())
            .findFirst()
            .orElseThrow();
  }

  static Heartbeat start(String redisUri, String pipeline) {
    Heartbeat heartbeat = new Heartbeat(redisUri, pipeline);
    // a beat that fails ends them all; the cache then misses, which ends the benchmark
    var unused =
        heartbeat.timer.scheduleAtFixedRate(
            heartbeat::beat, 0, Beat.INTERVAL_MILLIS, TimeUnit.MILLISECONDS);
    return heartbeat;
  }

  private void beat() {
    Beat beat = new Beat(1, Set.of(runId), Map.of("bench/0", 0L), 1, System.currentTimeMillis());
    connection.sync().publish(channel, InvalidationCodec.encode(beat));
  }

  @Override
  public void close() {
    timer.shutdownNow();
    connection.close();
    client.shutdown(0, 1, TimeUnit.SECONDS);
  }
}
