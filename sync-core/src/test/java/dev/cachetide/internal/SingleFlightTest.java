package dev.cachetide.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.cachetide.LoadFailedException;
import dev.cachetide.internal.SingleFlight.Landing;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class SingleFlightTest {

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final SingleFlight<Long> flights = new SingleFlight<>(100, Duration.ofSeconds(10));

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  private <T> CompletableFuture<T> apart(java.util.function.Supplier<T> task) {
    return CompletableFuture.supplyAsync(task, threads);
  }

  /** A load that says it has begun and waits to be let go on. */
  private static final class Held {
    final CountDownLatch begun = new CountDownLatch(1);
    final CountDownLatch go = new CountDownLatch(1);

    Landing<Long> land(Landing<Long> landing) {
      begun.countDown();
      try {
        go.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new LoadFailedException("interrupted");
      }
      return landing;
    }
  }

  @Test
  void nobody_gets_what_was_loaded_before_they_came_unless_it_stands() throws Exception {
    AtomicLong database = new AtomicLong();
    AtomicLong loads = new AtomicLong();
    AtomicBoolean running = new AtomicBoolean(true);
    CompletableFuture<Void> writer =
        CompletableFuture.runAsync(
            () -> {
              while (running.get()) {
                database.incrementAndGet();
              }
            },
            threads);
    List<CompletableFuture<Integer>> readers = new ArrayList<>();
    for (int reader = 0; reader < 8; reader++) {
      readers.add(apart(() -> stale(database, loads)));
    }
    int stale = 0;
    for (CompletableFuture<Integer> reader : readers) {
      stale += reader.get();
    }
    running.set(false);
    writer.get();
    assertThat(stale).isZero();
    assertThat(loads.get()).as("flights were shared").isLessThan(8 * 20_000);
  }

  private int stale(AtomicLong database, AtomicLong loads) {
    int stale = 0;
    for (int i = 0; i < 20_000; i++) {
      long before = database.get();
      long got =
          flights.fly(
              "k",
              close -> {
                loads.incrementAndGet();
                long value = database.get();
                close.run();
                return new Landing<>(value, false);
              });
      stale += got < before ? 1 : 0;
    }
    return stale;
  }

  @Test
  void who_comes_during_a_load_shares_it_when_it_stands_and_the_next_one_when_not() {
    for (boolean standing : new boolean[] {true, false}) {
      Held held = new Held();
      AtomicInteger more = new AtomicInteger();
      CompletableFuture<Long> leader =
          apart(() -> flights.fly("k", close -> held.land(new Landing<>(1L, standing))));
      await().until(() -> held.begun.getCount() == 0);
      List<CompletableFuture<Long>> joiners = new ArrayList<>();
      CountDownLatch coming = new CountDownLatch(5);
      for (int i = 0; i < 5; i++) {
        joiners.add(
            apart(
                () -> {
                  coming.countDown();
                  return flights.fly(
                      "k", close -> new Landing<>(1L + more.incrementAndGet(), false));
                }));
      }
      await().until(() -> coming.getCount() == 0);
      await().during(Duration.ofMillis(100)).until(() -> true);
      held.go.countDown();
      assertThat(leader.join()).isEqualTo(1);
      assertThat(joiners).allMatch(joiner -> joiner.join() == (standing ? 1 : 2));
      assertThat(more).hasValue(standing ? 0 : 1);
    }
  }

  @Test
  void a_leader_that_fails_throws_and_those_who_came_later_load_themselves() {
    Held held = new Held();
    CompletableFuture<Long> leader =
        apart(
            () ->
                flights.fly(
                    "k",
                    close -> {
                      held.land(new Landing<>(0L, false));
                      throw new IllegalArgumentException("no");
                    }));
    await().until(() -> held.begun.getCount() == 0);
    CompletableFuture<Long> later = apart(() -> flights.fly("k", close -> new Landing<>(2L, true)));
    await().during(Duration.ofMillis(50)).until(() -> !later.isDone());
    held.go.countDown();
    assertThatThrownBy(leader::get)
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(IllegalArgumentException.class);
    assertThat(later.join()).isEqualTo(2);
  }

  @Test
  void a_leader_that_is_interrupted_fails_alone() throws Exception {
    Held first = new Held();
    Held second = new Held();
    CompletableFuture<Long> before =
        apart(() -> flights.fly("k", close -> first.land(new Landing<>(0L, false))));
    await().until(() -> first.begun.getCount() == 0);
    Thread leader =
        new Thread(
            () -> {
              try {
                flights.fly("k", close -> second.land(new Landing<>(1L, false)));
              } catch (LoadFailedException e) {
                // called off, as this test means it to be
              }
            });
    leader.start();
    await().until(() -> leader.getState() == Thread.State.TIMED_WAITING);
    CompletableFuture<Long> passenger =
        apart(() -> flights.fly("k", close -> new Landing<>(2L, false)));
    await().during(Duration.ofMillis(100)).until(() -> true);
    first.go.countDown();
    await().until(() -> second.begun.getCount() == 0);
    leader.interrupt();
    leader.join();
    assertThat(before.join()).isZero();
    assertThat(passenger.join()).isEqualTo(2);
  }

  @Test
  void waiting_is_bounded_in_time_and_number_and_leaves_nothing_behind() throws Exception {
    SingleFlight<Long> bounded = new SingleFlight<>(1, Duration.ofSeconds(2));
    Held held = new Held();
    CompletableFuture<Long> leader =
        apart(() -> bounded.fly("k", close -> held.land(new Landing<>(1L, true))));
    await().until(() -> held.begun.getCount() == 0);
    CompletableFuture<String> refusal = new CompletableFuture<>();
    Thread waiting = new Thread(() -> refusal.complete(refusal(bounded)));
    waiting.start();
    await().until(() -> waiting.getState() == Thread.State.TIMED_WAITING);
    assertThat(refusal(bounded)).contains("too many");
    assertThat(refusal.get()).contains("too long");
    held.go.countDown();
    assertThat(leader.join()).isEqualTo(1);
    assertThat(bounded.fly("k", close -> new Landing<>(3L, true))).isEqualTo(3);
  }

  private static String refusal(SingleFlight<Long> bounded) {
    try {
      return "got " + bounded.fly("k", close -> new Landing<>(2L, true));
    } catch (LoadFailedException e) {
      return String.valueOf(e.getMessage());
    }
  }
}
