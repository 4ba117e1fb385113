package dev.cachetide.internal;

import dev.cachetide.LoadFailedException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One load per key at a time in this process.
 *
 * <p>Whoever asks while nobody loads the key leads a flight: loads in its own thread. Whoever asks
 * meanwhile waits for the flight, and here lies a trap: a reader that came after the load's
 * snapshot was taken may have come after an invalidation too, and must not get the older value. It
 * may have it only if the flight turns out {@linkplain Landing#standing standing}: its value was
 * found good <em>after</em> the flight was closed to newcomers, by being stored under a lease that
 * no eviction had taken. Otherwise it boards the next flight, which starts when this one has ended,
 * so after it came; all who waited share that one. So a reader waits for two loads at most, and a
 * thousand readers make two loads, not a thousand.
 *
 * @param <T> what a load makes
 */
final class SingleFlight<T> {

  private static final int ATTEMPTS = 10;

  private final ConcurrentHashMap<String, Flight<T>> flights = new ConcurrentHashMap<>();
  private final Semaphore seats;
  private final Duration patience;

  /**
   * For a bounded number of waiters.
   *
   * @param patience how long each waits for one flight
   */
  SingleFlight(int waiters, Duration patience) {
    seats = new Semaphore(waiters);
    this.patience = patience;
  }

  /**
   * The value of a load that began after this call did, or that is known to be as good.
   *
   * @throws LoadFailedException when a flight takes too long, or too many wait
   * @throws RuntimeException what the load throws, to everyone on the flight
   */
  T fly(String key, Load<T> load) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Boarding<T> boarding = board(key);
      if (boarding.ahead() != null) {
        Landing<T> landing = await(boarding.ahead(), boarding, key);
        if (landing != null && landing.standing()) {
          abandon(boarding, key);
          return landing.value();
        }
      }
      if (boarding.leader()) {
        return lead(key, boarding.mine(), load).value();
      }
      Landing<T> landing = await(boarding.mine(), null, key);
      if (landing != null) {
        return landing.value();
      }
    }
    // given up by others again and again: alone it gets there
    return load.run(() -> {}).value();
  }

  private Boarding<T> board(String key) {
    Boarding<T>[] mine = newBoarding();
    flights.compute(
        key,
        (k, current) -> {
          if (current == null) {
            Flight<T> first = new Flight<>();
            mine[0] = new Boarding<>(null, first, true);
            return first;
          }
          if (!current.started) {
            mine[0] = new Boarding<>(null, current, false);
            return current;
          }
          Flight<T> next = current.next;
          boolean leader = next == null;
          if (next == null) {
            next = new Flight<>();
            current.next = next;
          }
          mine[0] = new Boarding<>(current, next, leader);
          return current;
        });
    return mine[0];
  }

  private Landing<T> lead(String key, Flight<T> flight, Load<T> load) {
    flights.compute(
        key,
        (k, current) -> {
          flight.started = true;
          // a closed flight has left the map already; then this one takes the place
          return current == null ? flight : current;
        });
    // it leaves before it lands: whoever sees it landed may start the next one, which nobody must
    // find behind this one and board although it has started
    try {
      Landing<T> landing = load.run(() -> leave(key, flight));
      leave(key, flight);
      flight.landing.complete(landing);
      return landing;
    } catch (Throwable e) {
      leave(key, flight);
      if (Thread.currentThread().isInterrupted()) {
        // this reader was called off, not the others: they try again
        flight.landing.complete(null);
      } else {
        // handed to everyone on the flight and thrown on
        flight.landing.completeExceptionally(e);
      }
      throw e;
    }
  }

  /** From now on newcomers find the next flight, or none. */
  private void leave(String key, Flight<T> flight) {
    flights.computeIfPresent(key, (k, current) -> current == flight ? flight.next : current);
  }

  /** Null when the flight was given up by its leader. */
  private @Nullable Landing<T> await(Flight<T> flight, @Nullable Boarding<T> boarding, String key) {
    if (!seats.tryAcquire()) {
      abandon(boarding, key);
      throw new LoadFailedException("too many readers wait for loads");
    }
    try {
      return flight.landing.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (boarding != null) {
        // the flight ahead failed: that says nothing about the one to come
        return null;
      }
      throw rethrown(e.getCause() == null ? e : e.getCause());
    } catch (TimeoutException e) {
      abandon(boarding, key);
      throw new LoadFailedException("the load of another reader takes too long");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      abandon(boarding, key);
      throw new LoadFailedException("interrupted while waiting for the load of another reader");
    } finally {
      seats.release();
    }
  }

  /** A leader that will not come lets those go who wait for it. */
  private void abandon(@Nullable Boarding<T> boarding, String key) {
    if (boarding != null && boarding.leader()) {
      Flight<T> ahead = boarding.ahead();
      flights.computeIfPresent(
          key,
          (k, current) -> {
            if (ahead != null && ahead.next == boarding.mine()) {
              ahead.next = null;
            }
            return current == boarding.mine() ? boarding.mine().next : current;
          });
      boarding.mine().landing.complete(null);
    }
  }

  private static RuntimeException rethrown(Throwable failure) {
    if (failure instanceof RuntimeException unchecked) {
      return unchecked;
    }
    if (failure instanceof Error error) {
      throw error;
    }
    return new LoadFailedException(failure);
  }

  @SuppressWarnings("unchecked") // a box for what the lambda decides
  private static <T> Boarding<T>[] newBoarding() {
    return (Boarding<T>[]) new Boarding<?>[1];
  }

  /** What a leader does. */
  @FunctionalInterface
  interface Load<T> {
    /**
     * Loads.
     *
     * @param close to be called before what was loaded is stored: newcomers no longer join
     */
    Landing<T> run(Runnable close);
  }

  /**
   * How a flight ended.
   *
   * @param standing whether everyone who came before it was closed may have the value
   */
  record Landing<T>(T value, boolean standing) {}

  private record Boarding<T>(@Nullable Flight<T> ahead, Flight<T> mine, boolean leader) {}

  /** One load; its plain fields are read and written inside the map's compute only. */
  private static final class Flight<T> {
    final CompletableFuture<@Nullable Landing<T>> landing = new CompletableFuture<>();
    boolean started;
    @Nullable Flight<T> next;
  }
}
