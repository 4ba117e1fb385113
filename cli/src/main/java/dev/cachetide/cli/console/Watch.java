package dev.cachetide.cli.console;

import dev.cachetide.cli.look.KafkaFacts;
import dev.cachetide.cli.look.PostgresFacts;
import dev.cachetide.cli.look.Source;
import dev.cachetide.cli.look.WorkerFacts;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at all servers every two seconds, each on a thread of its own, so that one that hangs does
 * not hide the others, and remembers what it has seen.
 */
final class Watch implements AutoCloseable {

  /** Between two looks. */
  static final Duration EVERY = Duration.ofSeconds(2);

  private static final Logger log = LoggerFactory.getLogger(Watch.class);
  private static final int MOST_EVENTS = 500;
  private static final Duration END = Duration.ofSeconds(5);

  private final Source<PostgresFacts> postgres;
  private final Source<KafkaFacts> kafka;
  private final Source<WorkerFacts> workers;
  private final Source<Long> letters;
  private final Differences differences;
  private final InstantSource clock;
  private final Series series = new Series();
  private final Deque<Event> events = new ArrayDeque<>();
  private @Nullable Look before;
  private final ScheduledExecutorService threads =
      Executors.newScheduledThreadPool(
          5,
          task -> {
            Thread thread = new Thread(task, "console-look");
            thread.setDaemon(true);
            return thread;
          });

  Watch(
      Source<PostgresFacts> postgres,
      Source<KafkaFacts> kafka,
      Source<WorkerFacts> workers,
      Source<Long> letters,
      Differences differences,
      InstantSource clock) {
    this.postgres = postgres;
    this.kafka = kafka;
    this.workers = workers;
    this.letters = letters;
    this.differences = differences;
    this.clock = clock;
  }

  /** Begins to look. */
  void start() {
    for (Source<?> source : List.of(postgres, kafka, workers, letters)) {
      every(() -> ask(source), 0);
    }
    every(this::remember, EVERY.toMillis() / 2);
  }

  private static void ask(Source<?> source) {
    var unused = source.look();
  }

  private void every(Runnable task, long delayMillis) {
    var unused =
        threads.scheduleWithFixedDelay(task, delayMillis, EVERY.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** What all servers have said last. */
  Look look() {
    return new Look(clock.instant(), postgres.last(), kafka.last(), workers.last(), letters.last());
  }

  private void remember() {
    try {
      Look now = look();
      series.add(now);
      note(now);
    } catch (RuntimeException e) {
      // Owner of the thread: an exception would end all later looks.
      log.atWarn().setCause(e).log("what the console saw could not be remembered");
    }
  }

  private synchronized void note(Look now) {
    if (waiting(now)) {
      return;
    }
    List<Event> found = new ArrayList<>(differences.between(before, now));
    found.sort(Comparator.comparing(Event::at));
    events.addAll(found);
    while (events.size() > MOST_EVENTS) {
      events.removeFirst();
    }
    before = now;
  }

  /** What was not asked yet is not away. */
  private static boolean waiting(Look now) {
    return List.of(now.postgres(), now.kafka(), now.workers()).stream()
        .anyMatch(seen -> Source.NOT_ASKED.equals(seen.problem()));
  }

  /** What was of note, newest first. */
  synchronized List<Event> events() {
    return events.stream().sorted(Comparator.comparing(Event::at).reversed()).toList();
  }

  /** The numbers of the last minutes after a moment. */
  List<Series.Point> series(Instant after) {
    return series.after(after);
  }

  /** The last numbers; null before the first. */
  Series.@Nullable Point last() {
    return series.last();
  }

  @Override
  public void close() {
    threads.shutdownNow();
    try {
      if (!threads.awaitTermination(END.toSeconds(), TimeUnit.SECONDS)) {
        log.atWarn().log("a look of the console did not end in time");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
