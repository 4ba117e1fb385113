package dev.cachetide.internal.coherence;

import dev.cachetide.internal.redis.RedisLink;
import dev.cachetide.wire.ChannelMessage;
import dev.cachetide.wire.ChannelMessage.Batch;
import dev.cachetide.wire.ChannelMessage.Beat;
import dev.cachetide.wire.ChannelMessage.Single;
import dev.cachetide.wire.Invalidation;
import dev.cachetide.wire.InvalidationCodec;
import dev.cachetide.wire.InvalidationCodec.MalformedMessageException;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens to a pipeline's workers, and knows by what they say whether Redis and the L1s of this
 * process may be believed.
 *
 * <p><b>Redis</b> may be while {@link #trust()} is not null; see {@link Certification}.
 *
 * <p><b>L1</b> may be while {@link #usable()}: there is trust, and every partition that the group
 * reads was spoken of within a beat and a second, which is less than what ends trust, because an L1
 * that misses a message is stale while Redis is not. Workers evict in Redis first and publish
 * after, so whatever is read from Redis after a message was heard reflects it, and an L1 is stale
 * only while a message is on its way. One that is lost is noticed by the next that names its
 * partition, at most a beat later, and everything is flushed; if nothing comes at all, L1 is
 * bypassed. So L1 serves nothing that was changed longer ago than the pipeline's latency, a beat
 * and a second, whatever is lost; delay in the network itself counts as the pipeline's latency.
 *
 * <p>L1 is served again only after a flush that follows the message which made it usable, and by
 * then the channel is heard: subscribe, flush, serve.
 *
 * <p>A beat of a lower generation than was heard before comes from a worker that is behind. Nothing
 * that it says counts, so a pipeline that went back to a lower generation is bypassed for good; it
 * has to be raised above every one that was used.
 *
 * <p>Safe for concurrent use. Messages are handled one at a time; nothing here waits.
 */
public final class PipelineCoherence implements Coherence {

  private static final Logger log = LoggerFactory.getLogger(PipelineCoherence.class);
  private static final long SILENCE_NANOS = Beat.SILENCE_MILLIS * 1_000_000;

  private final Listeners listeners;
  private final CoherenceListener meters;
  private final LongSupplier nanoTime;
  private final Certification certification = new Certification();
  private final Numbering numbering = new Numbering();
  private volatile @Nullable Serving serving;
  private volatile @Nullable Source source;
  private volatile @Nullable Long heardAt;
  private long generation = Long.MIN_VALUE;

  /**
   * Trusts nothing until it is started.
   *
   * @param nanoTime local monotonic time, as {@link System#nanoTime()}
   */
  public PipelineCoherence(Listeners listeners, CoherenceListener meters, LongSupplier nanoTime) {
    this.listeners = listeners;
    this.meters = meters;
    this.nanoTime = nanoTime;
  }

  /**
   * Begins to listen, once.
   *
   * @param link one that calls {@link #connectionLost()} when a connection breaks
   * @param channel the pipeline's
   */
  public CompletionStage<Void> start(RedisLink link, String channel) {
    return start(
        new Source() {
          @Override
          public CompletionStage<Void> subscribe(BiConsumer<String, byte[]> listener) {
            return link.subscribe(channel, listener);
          }

          @Override
          public CompletionStage<Set<String>> runIds() {
            return link.runIds();
          }
        });
  }

  /** Begins to listen to somebody who passes on what the channel says, once. */
  public CompletionStage<Void> start(Source from) {
    source = from;
    return from.subscribe((channel, message) -> receive(message)).thenRun(this::identify);
  }

  @Override
  public @Nullable Trust trust() {
    return certification.trust(nanoTime.getAsLong());
  }

  @Override
  public boolean heard() {
    Long last = heardAt;
    return last != null && nanoTime.getAsLong() - last < SILENCE_NANOS;
  }

  /** Whether L1 may be served from. Costs two volatile reads and a look at the clock. */
  public boolean usable() {
    long now = nanoTime.getAsLong();
    Serving current = serving;
    return current != null && current.at(now) && certification.trust(now) == current.trust;
  }

  @Override
  public void connectionLost() {
    certification.connectionLost();
  }

  @Override
  public void close() {
    certification.close();
  }

  private synchronized void receive(byte[] message) {
    try {
      receive(InvalidationCodec.decode(message), nanoTime.getAsLong());
    } catch (MalformedMessageException e) {
      // safe to go on: whatever it was, nothing from before it is served
      log.atDebug().setCause(e).log("a message on the invalidation channel cannot be read");
      flush(FlushCause.UNREADABLE);
    }
  }

  private void receive(ChannelMessage message, long now) {
    if (message instanceof Single single) {
      pass(single.invalidation());
    } else if (message instanceof Batch batch) {
      // first what it names, then its numbers: should the former fail, the latter show a gap
      batch.invalidations().forEach(this::pass);
      flushFor(numbering.heard(batch, now));
    } else if (message instanceof Beat beat) {
      heard(beat, now);
    }
  }

  private void heard(Beat beat, long now) {
    if (beat.generation() < generation) {
      log.atDebug()
          .addKeyValue("said", beat.generation())
          .addKeyValue("known", generation)
          .log("a worker is behind the generation");
      return;
    }
    if (beat.generation() > generation) {
      generation = beat.generation();
      numbering.clear();
      flush(FlushCause.GENERATION);
    }
    heardAt = now;
    certification.heard(beat, now);
    flushFor(numbering.heard(beat, now));
    serve(certification.trust(now), numbering.freshUntil(beat.partitions(), now), now);
    identify();
  }

  /** Flushes before it says that L1 may be used, so that no reader finds what was there before. */
  private void serve(@Nullable Trust trust, @Nullable Long until, long now) {
    if (trust == null || until == null || until - now <= 0) {
      serving = null;
      return;
    }
    Serving before = serving;
    if (before == null || before.trust != trust || !before.at(now)) {
      flush(FlushCause.RESUMED);
    }
    serving = new Serving(trust, until);
  }

  private void pass(Invalidation what) {
    listeners.invalidate(what);
    meters.invalidated(what);
  }

  private void flushFor(@Nullable FlushCause cause) {
    if (cause != null) {
      flush(cause);
    }
  }

  private void flush(FlushCause cause) {
    listeners.flush();
    meters.flushed(cause);
  }

  /** Asked on beats, so that a Redis that does not answer is asked a few times a second. */
  private void identify() {
    Source from = source;
    Certification.Unknown epoch = from == null ? null : certification.toAsk();
    if (from == null || epoch == null) {
      return;
    }
    from.runIds()
        .whenComplete(
            (runIds, failure) -> {
              if (failure == null) {
                certification.identified(epoch, runIds);
              } else {
                // safe to go on: without an answer there is no trust, and the next beat asks again
                log.atDebug().setCause(failure).log("Redis did not say who it is");
                certification.unidentified(epoch);
              }
            });
  }

  /** What is needed of Redis. */
  public interface Source {
    /** Passes on every message of the channel, with its name, from now on. */
    CompletionStage<Void> subscribe(BiConsumer<String, byte[]> listener);

    /** Those of every server that entries may come from. */
    CompletionStage<Set<String>> runIds();
  }

  /** L1 was flushed under this trust and may be used until then. */
  private record Serving(Trust trust, long until) {
    boolean at(long now) {
      return now - until < 0;
    }
  }
}
