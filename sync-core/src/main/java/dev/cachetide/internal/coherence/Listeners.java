package dev.cachetide.internal.coherence;

import dev.cachetide.wire.Invalidation;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The L1s of a process, all served by one {@link PipelineCoherence}. Safe for concurrent use; one
 * that registers is empty, so nothing that was said before concerns it.
 */
public final class Listeners {

  private final List<NearListener> all = new CopyOnWriteArrayList<>();

  /** Passes on to this one too, from the next message on. */
  public void register(NearListener listener) {
    all.add(listener);
  }

  /** Passes on no longer. */
  public void unregister(NearListener listener) {
    all.remove(listener);
  }

  /** Passes on what was heard, or what this process evicted itself. */
  public void invalidate(Invalidation what) {
    all.forEach(each -> each.invalidate(what));
  }

  void flush() {
    all.forEach(NearListener::flush);
  }

  /** One L1. Called on a thread of Redis's client; must not block, and must not throw. */
  public interface NearListener {

    /** Something left Redis: it must not be served from here once this has returned. */
    void invalidate(Invalidation what);

    /** Nothing that is held now, or read from Redis before now, may be served any more. */
    void flush();
  }
}
