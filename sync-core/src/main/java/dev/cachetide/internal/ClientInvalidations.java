package dev.cachetide.internal;

import dev.cachetide.InvalidationPublisher;
import dev.cachetide.Invalidations;
import dev.cachetide.internal.coherence.Listeners;
import dev.cachetide.internal.coherence.Listeners.NearListener;
import dev.cachetide.internal.redis.RedisLink;
import dev.cachetide.wire.CacheNames;
import dev.cachetide.wire.Invalidation;
import dev.cachetide.wire.InvalidationCodec;
import dev.cachetide.wire.PipelineNames;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Evicts in Redis, tells the L1s by the pipeline's channel, and asks the workers by Kafka. */
final class ClientInvalidations implements Invalidations, AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(ClientInvalidations.class);

  private final RedisLink redis;
  private final Listeners listeners;
  private final @Nullable PipelineNames pipeline;
  private final @Nullable InvalidationPublisher publisher;

  ClientInvalidations(RedisLink redis, Listeners listeners, ClientSettings settings) {
    this.redis = redis;
    this.listeners = listeners;
    pipeline = settings.pipeline();
    publisher =
        settings.kafka() == null || pipeline == null
            ? null
            : new InvalidationPublisher(pipeline, settings.kafka());
  }

  @Override
  public CompletableFuture<Void> evict(Invalidation what) {
    return removal(what)
        .thenAccept(
            removed -> {
              listeners.invalidate(what);
              tell(what);
            })
        .toCompletableFuture();
  }

  private CompletionStage<Long> removal(Invalidation what) {
    if (what instanceof Invalidation.Key key) {
      return redis.unlink(List.of(key.target()));
    }
    if (what instanceof Invalidation.Tag tag) {
      return redis
          .unlink(List.of(CacheNames.tagKey(tag.target())))
          .thenCompose(stamps -> redis.unlinkMembers(CacheNames.memberSet(tag.target())));
    }
    if (what instanceof Invalidation.Version version) {
      return redis.unlink(List.of(CacheNames.versionKey(version.target())));
    }
    if (what instanceof Invalidation.Pattern pattern) {
      return redis.unlinkMatching(pattern.target());
    }
    return CompletableFuture.completedFuture(0L);
  }

  /** Tells the L1s of all processes; one that does not hear it is late by its TTL at most. */
  void tell(Invalidation what) {
    PipelineNames names = pipeline;
    if (names == null) {
      return;
    }
    redis
        .publish(
            names.invalidationChannel(), InvalidationCodec.encode(what, System.currentTimeMillis()))
        .whenComplete(
            (heard, failure) -> {
              if (failure != null) {
                // a connection that broke flushes the L1s as well
                log.atDebug().setCause(failure).log("an eviction could not be told to other L1s");
              }
            });
  }

  @Override
  public CompletableFuture<Void> request(Invalidation what) {
    if (publisher == null) {
      throw new IllegalStateException(
          "the client was built without Kafka; call pipeline(…) and kafka(…) on its builder");
    }
    return publisher.publish(what);
  }

  @Override
  public AutoCloseable listen(Consumer<Invalidation> listener) {
    if (pipeline == null) {
      throw new IllegalStateException(
          "there is nobody to listen to without a pipeline; call pipeline(…) on the builder");
    }
    NearListener passing =
        new NearListener() {
          @Override
          public void invalidate(Invalidation what) {
            tell(listener, what);
          }

          @Override
          public void flush() {
            tell(listener, new Invalidation.All());
          }
        };
    listeners.register(passing);
    return () -> listeners.unregister(passing);
  }

  /** Whatever an application's listener does, the L1s that are told after it have to hear. */
  private static void tell(Consumer<Invalidation> listener, Invalidation what) {
    try {
      listener.accept(what);
    } catch (RuntimeException e) {
      log.atWarn().setCause(e).log("a listener to invalidations failed");
    }
  }

  @Override
  public void close() {
    if (publisher != null) {
      publisher.close();
    }
  }
}
