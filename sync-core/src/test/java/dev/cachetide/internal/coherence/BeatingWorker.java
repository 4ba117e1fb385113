package dev.cachetide.internal.coherence;

import dev.cachetide.wire.ChannelMessage;
import dev.cachetide.wire.ChannelMessage.Batch;
import dev.cachetide.wire.ChannelMessage.Beat;
import dev.cachetide.wire.ChannelMessage.Range;
import dev.cachetide.wire.Invalidation;
import dev.cachetide.wire.InvalidationCodec;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.ClientOptions.DisconnectedBehavior;
import io.lettuce.core.KillArgs;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Database and invalidation worker in one: changes a row, evicts its key, then says so on the
 * channel, with numbers; beats; and keeps less of its word the more faults are switched on.
 */
final class BeatingWorker implements AutoCloseable {

  static final String CHANNEL = "cachetide:near:invalidate";
  private static final String PARTITION = "near.public.rows/0";

  volatile boolean writing = true;
  volatile boolean mute;
  volatile double dropped;
  volatile double repeated;
  volatile long delayMillis;

  private final Rows rows;
  private final Random random;
  private final RedisClient client;
  private final RedisCommands<String, byte[]> redis;
  private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
  private long generation = 1;
  private String certified = "";
  private long offset = -1;
  private int unfinished = -1;
  private @Nullable ChannelMessage last;

  BeatingWorker(String uri, Rows rows, Random random) {
    this.rows = rows;
    this.random = random;
    RedisURI address = RedisURI.create(uri);
    address.setTimeout(Duration.ofMillis(300));
    client = RedisClient.create(address);
    client.setOptions(
        ClientOptions.builder().disconnectedBehavior(DisconnectedBehavior.REJECT_COMMANDS).build());
    redis = client.connect(RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE)).sync();
    every(Beat.INTERVAL_MILLIS, this::beat);
    every(5, this::write);
  }

  private void every(long millis, Runnable step) {
    var unused =
        thread.scheduleWithFixedDelay(
            () -> {
              try {
                step.run();
              } catch (RedisException e) {
                // Redis is away: nothing is said, and the same is tried again at the next turn
              }
            },
            0,
            millis,
            TimeUnit.MILLISECONDS);
  }

  private void write() {
    if (unfinished < 0 && writing) {
      unfinished = random.nextInt(Rows.COUNT);
      rows.change(unfinished);
    }
    if (unfinished >= 0) {
      redis.unlink(Rows.key(unfinished));
      rows.evicted(unfinished);
      Range range = new Range(offset, offset + 1);
      Invalidation gone = new Invalidation.Key(Rows.key(unfinished));
      Batch batch = new Batch(Map.of(PARTITION, range), List.of(gone), 0);
      offset++;
      unfinished = -1;
      if (random.nextDouble() >= dropped) {
        say(batch);
      }
      if (last != null && random.nextDouble() < repeated) {
        say(last);
      }
      last = batch;
    }
  }

  private void beat() {
    String runId =
        redis.info("server").lines().filter(line -> line.startsWith("run_id:")).findAny().get();
    runId = runId.substring("run_id:".length()).strip();
    if (!runId.equals(certified)) {
      // a server that was restarted may have brought back what was evicted
      generation++;
      certified = runId;
    }
    say(new Beat(generation, Set.of(certified), Map.of(PARTITION, offset), 1, 0));
  }

  private void say(ChannelMessage message) {
    byte[] bytes = InvalidationCodec.encode(message);
    if (delayMillis > 0) {
      var unused =
          thread.schedule(() -> redis.publish(CHANNEL, bytes), delayMillis, TimeUnit.MILLISECONDS);
    } else if (!mute) {
      redis.publish(CHANNEL, bytes);
    }
  }

  /** Redis drops the sockets of all subscribers, and no other. */
  void killSubscribers() {
    redis.clientKill(KillArgs.Builder.typePubsub());
  }

  @Override
  public void close() {
    thread.shutdownNow();
    client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
  }
}
