package dev.cachetide.system.race;

import dev.cachetide.sandbox.Sandbox;
import dev.cachetide.wire.ChannelMessage;
import dev.cachetide.wire.ChannelMessage.Batch;
import dev.cachetide.wire.ChannelMessage.Beat;
import dev.cachetide.wire.InvalidationCodec;
import dev.cachetide.wire.InvalidationCodec.MalformedMessageException;
import dev.cachetide.wire.PipelineNames;
import io.lettuce.core.RedisClient;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Hears on the pipeline's channel what the worker has evicted, and tells the fence: a worker speaks
 * after Redis has answered, so whoever reads later must not get what was there before.
 */
final class Acknowledgements implements AutoCloseable {

  private static final long BEAT_LIMIT_SECONDS = 30;

  private final RedisClient client;
  private final StatefulRedisPubSubConnection<byte[], byte[]> connection;
  private final Fence fence;
  private final AtomicReference<@Nullable MalformedMessageException> failure =
      new AtomicReference<>();

  private final CountDownLatch beats = new CountDownLatch(1);

  /** Returns when the worker beats: from then on it waits for nothing but events. */
  Acknowledgements(Sandbox sandbox, PipelineNames names, Fence fence) throws InterruptedException {
    this.fence = fence;
    client = RedisClient.create(sandbox.redis().uri());
    connection = client.connectPubSub(ByteArrayCodec.INSTANCE);
    connection.addListener(
        new RedisPubSubAdapter<>() {
          @Override
          public void message(byte[] channel, byte[] message) {
            heard(message);
          }
        });
    connection.sync().subscribe(names.invalidationChannel().getBytes(StandardCharsets.UTF_8));
    if (!beats.await(BEAT_LIMIT_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException("no worker beats on the channel");
    }
  }

  private void heard(byte[] bytes) {
    try {
      ChannelMessage message = InvalidationCodec.decode(bytes);
      if (message instanceof Batch batch) {
        batch.ranges().forEach((partition, range) -> fence.evicted(partition, range.last()));
      } else if (message instanceof Beat beat) {
        beat.positions().forEach(fence::evicted);
        beats.countDown();
      }
    } catch (MalformedMessageException e) {
      failure.set(e);
    }
  }

  /** Throws when the worker said something that is no message. */
  void failIfMalformed() throws MalformedMessageException {
    MalformedMessageException malformed = failure.get();
    if (malformed != null) {
      throw malformed;
    }
  }

  @Override
  public void close() {
    connection.close();
    client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
  }
}
