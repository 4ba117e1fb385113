package dev.cachetide.invalidation;

import dev.cachetide.internal.coherence.CoherenceListener;
import dev.cachetide.internal.coherence.Listeners;
import dev.cachetide.internal.coherence.PipelineCoherence;
import dev.cachetide.runtime.settings.RedisSettings;
import dev.cachetide.wire.ChannelMessage.Beat;
import dev.cachetide.wire.InvalidationCodec;
import dev.cachetide.wire.InvalidationCodec.MalformedMessageException;
import dev.cachetide.wire.PipelineNames;
import io.lettuce.core.RedisException;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A pipeline's Redis from outside: who answers, what the workers say on the channel, and whether a
 * client would believe it, which is decided by the client's own code. Changes nothing. For one
 * thread.
 */
public final class RedisOnlooker implements AutoCloseable {

  /** A client trusts within a beat, and nothing that it has not heard for the silence. */
  private static final Duration PATIENCE =
      Duration.ofMillis(Beat.SILENCE_MILLIS + Beat.INTERVAL_MILLIS);

  private final RedisSettings settings;
  private final PipelineNames names;
  private final RedisTarget redis;
  private final PipelineCoherence client =
      new PipelineCoherence(new Listeners(), CoherenceListener.none(), System::nanoTime);
  private final Semaphore heard = new Semaphore(0);
  private volatile Set<String> answering = Set.of();
  private volatile @Nullable Heard last;
  private @Nullable StatefulRedisPubSubConnection<String, byte[]> channel;

  /**
   * Connects when first asked.
   *
   * @throws IllegalArgumentException when the address cannot be used; the message does not quote it
   */
  public RedisOnlooker(RedisSettings settings, PipelineNames names) {
    this.settings = settings;
    this.names = names;
    redis = new RedisTarget(settings, names.invalidationChannel());
  }

  /**
   * Looks once, and listens until a client would believe Redis, or for as long as it would wait.
   *
   * @throws IOException when Redis does not answer, or refuses this user, with its reason
   */
  public RedisSigns look() throws IOException, InterruptedException {
    try {
      Set<String> runIds = redis.runIds();
      if (!runIds.equals(answering)) {
        answering = runIds;
        client.connectionLost();
      }
      Instant canary = canary(redis.get(names.canaryKey()));
      listen();
      boolean believed = believed();
      return new RedisSigns(runIds, canary, recent(), believed);
    } catch (ExecutionException e) {
      throw new IOException(RedisFactsQuery.reason(e.getCause() == null ? e : e.getCause()), e);
    } catch (TimeoutException e) {
      throw new IOException("no answer within redis.timeout", e);
    } catch (RedisException e) {
      throw new IOException(RedisFactsQuery.reason(e), e);
    }
  }

  private static @Nullable Instant canary(@Nullable String micros) {
    return micros != null && micros.matches("[0-9]{1,18}")
        ? Instant.EPOCH.plus(Long.parseLong(micros), ChronoUnit.MICROS)
        : null;
  }

  private void listen() throws ExecutionException, TimeoutException, InterruptedException {
    if (channel != null) {
      return;
    }
    StatefulRedisPubSubConnection<String, byte[]> made = redis.listening();
    channel = made;
    CompletableFuture<Void> subscribed = new CompletableFuture<>();
    client
        .start(new Channel(made))
        .whenComplete(
            (done, failure) -> {
              if (failure == null) {
                subscribed.complete(null);
              } else {
                subscribed.completeExceptionally(failure);
              }
            });
    try {
      subscribed.get(settings.timeout().toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      made.close();
      channel = null;
      throw e;
    }
  }

  private boolean believed() throws InterruptedException {
    long until = System.nanoTime() + PATIENCE.toNanos();
    while (client.trust() == null && System.nanoTime() - until < 0) {
      boolean unused = heard.tryAcquire(until - System.nanoTime(), TimeUnit.NANOSECONDS);
    }
    return client.trust() != null;
  }

  private @Nullable Beat recent() {
    Heard beat = last;
    return beat != null && System.nanoTime() - beat.nanos() < PATIENCE.toNanos()
        ? beat.beat()
        : null;
  }

  @Override
  public void close() {
    client.close();
    if (channel != null) {
      channel.close();
    }
    redis.close();
  }

  private record Heard(Beat beat, long nanos) {}

  /** What comes, for the client's code and for whoever waits. */
  private final class Channel implements PipelineCoherence.Source {

    private final StatefulRedisPubSubConnection<String, byte[]> connection;

    private Channel(StatefulRedisPubSubConnection<String, byte[]> connection) {
      this.connection = connection;
    }

    @Override
    public CompletionStage<Void> subscribe(BiConsumer<String, byte[]> listener) {
      connection.addListener(
          new RedisPubSubAdapter<>() {
            @Override
            public void message(String from, byte[] message) {
              note(message);
              listener.accept(from, message);
              heard.release();
            }
          });
      return connection.async().subscribe(names.invalidationChannel());
    }

    @Override
    public CompletionStage<Set<String>> runIds() {
      return CompletableFuture.completedFuture(answering);
    }

    private void note(byte[] message) {
      try {
        if (InvalidationCodec.decode(message) instanceof Beat beat) {
          last = new Heard(beat, System.nanoTime());
        }
      } catch (MalformedMessageException e) {
        // No beat: what the client makes of it is the client's own code's to say.
        org.slf4j.LoggerFactory.getLogger(RedisOnlooker.class)
            .atDebug()
            .setCause(e)
            .log("a message on the invalidation channel cannot be read");
      }
    }
  }
}
