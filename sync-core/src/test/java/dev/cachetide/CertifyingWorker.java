package dev.cachetide;

import dev.cachetide.internal.redis.RedisLink;
import dev.cachetide.wire.ChannelMessage;
import dev.cachetide.wire.ChannelMessage.Batch;
import dev.cachetide.wire.ChannelMessage.Beat;
import dev.cachetide.wire.ChannelMessage.Range;
import dev.cachetide.wire.Invalidation;
import dev.cachetide.wire.InvalidationCodec;
import dev.cachetide.wire.PipelineNames;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * An invalidation worker as far as clients can tell: evicts and says so with numbers, beats, and
 * certifies the servers of any topology. A server that it does not know may have forgotten
 * evictions, so it raises the generation before it certifies it.
 */
final class CertifyingWorker implements AutoCloseable {

  private static final String PARTITION = "shop.public.rows/0";
  private static final long LIMIT_MILLIS = 2_000;
  private static final long BEAT_MILLIS = Beat.INTERVAL_MILLIS / 2;

  volatile boolean silent;

  /** Otherwise servers that are not yet certified are left out, and what they say is not kept. */
  volatile boolean certifying = true;

  private final RedisLink link;
  private final String channel;
  private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
  private long generation = 1;
  private Set<String> certified = Set.of();
  private long offset = -1;

  CertifyingWorker(RedisConfig redis, PipelineNames pipeline) {
    link = RedisLink.open(redis, () -> {});
    channel = pipeline.invalidationChannel();
    var unused = thread.scheduleWithFixedDelay(this::beat, 0, BEAT_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void beat() {
    answer(link.runIds(), this::beat);
  }

  private synchronized void beat(Set<String> runIds) {
    if (silent) {
      return;
    }
    if (certifying && !certified.containsAll(runIds)) {
      generation++;
      certified = runIds;
    }
    say(new Beat(generation, certified, Map.of(PARTITION, offset), 1, 0));
  }

  /** What was evicted before is to be a miss, as after a gap in the slot. */
  synchronized void raiseGeneration() {
    generation++;
  }

  /** Whether Redis acknowledged it. */
  boolean evict(Collection<String> keys) {
    return answer(link.unlink(keys), removed -> evicted(keys));
  }

  private synchronized void evicted(Collection<String> keys) {
    List<Invalidation> gone = keys.stream().<Invalidation>map(Invalidation.Key::new).toList();
    Range range = new Range(offset, offset + 1);
    offset++;
    say(new Batch(Map.of(PARTITION, range), gone, 0));
  }

  private void say(ChannelMessage message) {
    // one that gets lost shows in the numbers of the next
    var unused = link.publish(channel, InvalidationCodec.encode(message));
  }

  /** False when Redis is away; the caller tries again at its next turn. */
  private static <T> boolean answer(CompletionStage<T> asked, java.util.function.Consumer<T> then) {
    try {
      then.accept(asked.toCompletableFuture().get(LIMIT_MILLIS, TimeUnit.MILLISECONDS));
      return true;
    } catch (ExecutionException | TimeoutException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** The bytes under a key, whatever they are worth. */
  boolean holds(String key) {
    try {
      return link.get(key).toCompletableFuture().get(LIMIT_MILLIS, TimeUnit.MILLISECONDS) != null;
    } catch (ExecutionException | TimeoutException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
    link.close();
  }
}
