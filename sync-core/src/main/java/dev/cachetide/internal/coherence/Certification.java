package dev.cachetide.internal.coherence;

import dev.cachetide.wire.ChannelMessage.Beat;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Whether the Redis that answers is one of which the workers know that it missed no eviction.
 *
 * <pre>
 * Unknown --the servers' run ids are read--> Identified --a beat certifies them all--> Trusted
 *    ^            every broken connection, silence            |  a beat does not   <--|
 *    +--------------------------------------------------------+-----------------------+
 * </pre>
 *
 * <p>Every change is one compare-and-set from the state that was looked at, and a broken connection
 * makes an {@link Unknown} that never was there before. So its identity is the epoch: an answer to
 * a question that was asked before the connection broke, and a beat that is being handled while it
 * breaks, find another state than they started from and cannot bring trust back.
 *
 * <p>A beat that leaves out one of the servers takes trust away, and none is given again until no
 * such beat was heard for {@link Beat#SILENCE_MILLIS}: each worker answers for its own partitions,
 * so all that speak must agree, and by then each has spoken again. One that owns none yet, such as
 * a worker that has just started and does not know Redis either, takes nothing away.
 */
final class Certification {

  private static final long SILENCE_NANOS = Beat.SILENCE_MILLIS * 1_000_000;

  private final AtomicReference<State> state = new AtomicReference<>(new Unknown());

  /** Null unless a certified Redis answers and the last beat is recent. */
  @Nullable Trust trust(long now) {
    return state.get() instanceof Trusted trusted && !trusted.silentAt(now) ? trusted.trust : null;
  }

  /** Whoever answers from now on is unknown. Takes no lock. */
  void connectionLost() {
    state.updateAndGet(before -> before == Closed.CLOSED ? before : new Unknown());
  }

  /** A worker of the newest generation spoke. */
  void heard(Beat beat, long now) {
    state.updateAndGet(before -> before.after(beat, now));
  }

  /** The epoch for which the servers have to be asked who they are; null when they need not. */
  @Nullable Unknown toAsk() {
    return state.get() instanceof Unknown unknown && unknown.asked.compareAndSet(false, true)
        ? unknown
        : null;
  }

  /** The answer; without effect when a connection broke after the question. */
  void identified(Unknown epoch, Set<String> runIds) {
    boolean useful = !runIds.isEmpty() && !runIds.contains("");
    state.compareAndSet(epoch, useful ? new Identified(Set.copyOf(runIds), null) : new Unknown());
  }

  /** No answer: to be asked again. */
  void unidentified(Unknown epoch) {
    state.compareAndSet(epoch, new Unknown());
  }

  void close() {
    state.set(Closed.CLOSED);
  }

  private sealed interface State {
    /** What a beat makes of this. */
    State after(Beat beat, long now);
  }

  /** Nobody knows who answers. */
  static final class Unknown implements State {
    private final AtomicBoolean asked = new AtomicBoolean();

    @Override
    public State after(Beat beat, long now) {
      return this;
    }
  }

  /**
   * It is known who answers.
   *
   * @param doubtedAt when a beat last left one of them out
   */
  private record Identified(Set<String> runIds, @Nullable Long doubtedAt) implements State {
    @Override
    public State after(Beat beat, long now) {
      if (!beat.certified().containsAll(runIds)) {
        return beat.positions().isEmpty() ? this : new Identified(runIds, now);
      }
      if (doubtedAt != null && now - doubtedAt < SILENCE_NANOS) {
        return this;
      }
      return new Trusted(runIds, beat.generation(), new Trust((int) beat.generation()), now);
    }
  }

  /** Who answers is certified. */
  private record Trusted(Set<String> runIds, long generation, Trust trust, long heardAt)
      implements State {
    @Override
    public State after(Beat beat, long now) {
      if (silentAt(now)) {
        // what is heard now may have waited in a socket: ask, and believe only what comes then
        return new Unknown();
      }
      if (!beat.certified().containsAll(runIds)) {
        return beat.positions().isEmpty() ? this : new Identified(runIds, now);
      }
      boolean same = beat.generation() == generation;
      Trust next = same ? trust : new Trust((int) beat.generation());
      return new Trusted(runIds, beat.generation(), next, now);
    }

    boolean silentAt(long now) {
      return now - heardAt >= SILENCE_NANOS;
    }
  }

  /** For good. */
  private enum Closed implements State {
    CLOSED;

    @Override
    public State after(Beat beat, long now) {
      return this;
    }
  }
}
