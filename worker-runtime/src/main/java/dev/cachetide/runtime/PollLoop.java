package dev.cachetide.runtime;

import java.time.Duration;
import java.util.OptionalInt;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one consume loop of all workers: poll, hand over, move progress, commit.
 *
 * <p>Guarantees: a record's offset is committed only after its handler has applied it or Kafka has
 * acknowledged its dead letter; each partition is handled in order; a batch that fails is handed
 * over again, unchanged but for partitions that were taken away, while the loop polls on with
 * everything paused, so that neither the group nor a probe takes it for dead. So a crash at any
 * moment makes records come twice and never not at all. It holds one batch at a time.
 *
 * <p>{@link #run} belongs to one thread; {@link #stop} may be called by any.
 */
final class PollLoop {

  private static final Logger log = LoggerFactory.getLogger(PollLoop.class);
  private static final Duration IDLE = Duration.ofMillis(100);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

  private final LoopSettings settings;
  private final Consumer<byte[], byte[]> consumer;
  private final RecordHandler handler;
  private final DeadLetters deadLetters;
  private final LoopMeters meters;
  private final LoopHealth health;
  private final LongSupplier nanoTime;
  private final InFlight inFlight;
  private final Progress progress;
  private final Commits commits;
  private final Partitions partitions;
  private final Retry retry;
  private final GroupSize groupSize;
  private OptionalInt groupReads = OptionalInt.empty();
  private volatile boolean stopping;

  PollLoop(
      LoopSettings settings,
      Consumer<byte[], byte[]> consumer,
      RecordHandler handler,
      DeadLetters deadLetters,
      Progress progress,
      LoopMeters meters,
      LoopHealth health,
      TopicIds topicIds,
      GroupSize groupSize,
      Timing timing) {
    this.settings = settings;
    this.consumer = consumer;
    this.handler = handler;
    this.deadLetters = deadLetters;
    this.progress = progress;
    this.meters = meters;
    this.health = health;
    this.groupSize = groupSize;
    this.nanoTime = timing.nanoTime();
    inFlight = new InFlight(handler, deadLetters, meters);
    commits = new Commits(consumer, progress, meters, settings.commitInterval(), nanoTime);
    partitions = new Partitions(consumer, handler, inFlight, progress, commits, health, topicIds);
    retry = new Retry(settings.name(), timing.backoff(settings.retryBackoffMax()), nanoTime);
  }

  /** Loops until {@link #stop} or until no retry can help, then releases everything. */
  ExitStatus run() {
    try {
      settings.topics().subscribe(consumer, partitions);
      while (!stopping) {
        turn();
      }
      drain();
      return ExitStatus.STOPPED;
    } catch (GivenUp e) {
      log.atError().addKeyValue("program", settings.name()).setCause(e).log("giving up");
      return ExitStatus.FAILED;
    } catch (RuntimeException | Error e) {
      // The thread ends here, and its owner must hear that it did. Nothing unfinished was
      // committed: a restart begins with it.
      log.atError()
          .addKeyValue("program", settings.name())
          .addKeyValue("advice", Advice.of(e).orElse("none"))
          .setCause(e)
          .log("unforeseen failure");
      return ExitStatus.FAILED;
    } finally {
      release();
    }
  }

  /** Makes {@link #run} finish the batch in flight and return. */
  void stop() {
    stopping = true;
    consumer.wakeup();
  }

  /** One round of the loop. */
  void turn() {
    try {
      if (settings.topics().changed()) {
        settings.topics().subscribe(consumer, partitions);
      }
      partitions.answerForMadeAnew();
      inFlight.take(poll());
      if (retry.isDue()) {
        settle(attempt());
      }
      commits.whenDue();
    } catch (WakeupException e) {
      // stop() ends whatever wait the consumer is in; the flag it has set ends the loop.
      log.atDebug().log("woken up");
    }
    health.turned();
  }

  /** For tests that turn the loop by hand. */
  ConsumerRebalanceListener rebalanceListener() {
    return partitions;
  }

  private ConsumerRecords<byte[], byte[]> poll() {
    try {
      return consumer.poll(retry.waitAtMost(IDLE));
    } catch (InvalidOffsetException e) {
      partitions.cannotRead(e);
    } catch (RetriableException e) {
      settle(new Outcome.Transient("poll Kafka", e));
    }
    return ConsumerRecords.empty();
  }

  private Outcome attempt() {
    tellGroupSize();
    Outcome opened = partitions.open();
    return opened instanceof Outcome.Applied ? inFlight.apply() : opened;
  }

  private void tellGroupSize() {
    OptionalInt known = groupSize.known();
    if (known.isPresent() && !known.equals(groupReads)) {
      groupReads = known;
      handler.groupReads(known.getAsInt());
    }
  }

  private void settle(Outcome outcome) {
    if (outcome instanceof Outcome.Transient failure) {
      partitions.pauseAll();
      retry.failed(failure);
      health.retrying(Advice.with(failure.what(), failure.cause()));
      meters.retried();
    } else if (outcome instanceof Outcome.Fatal failure) {
      throw new GivenUp(failure);
    } else if (outcome instanceof Outcome.Unfinished unfinished) {
      partitions.pauseAll();
      retry.again(unfinished.pause());
      health.recovered();
    } else {
      progress.finished(inFlight.finish());
      partitions.resumeAll();
      retry.succeeded();
      health.recovered();
    }
  }

  private void drain() {
    partitions.pauseAll();
    long deadline = nanoTime.getAsLong() + settings.drainTimeout().toNanos();
    while (!inFlight.isEmpty() && nanoTime.getAsLong() - deadline < 0) {
      turn();
    }
    if (!inFlight.isEmpty()) {
      log.atWarn().addKeyValue("program", settings.name()).log("a batch was not finished in time");
    }
  }

  private void release() {
    release("commit", () -> commits.now(progress.uncommitted()));
    release("consumer", () -> consumer.close(CloseOptions.timeout(CLOSE_TIMEOUT)));
    release("dead letters", deadLetters::close);
    release("handler", handler::close);
    health.ended();
  }

  private void release(String what, Runnable step) {
    try {
      step.run();
    } catch (RuntimeException | Error e) {
      // The process is leaving: what cannot be released is released by the other side's timeout.
      log.atWarn().addKeyValue("what", what).setCause(e).log("could not be released in order");
    }
  }

  /**
   * Where time and randomness come from.
   *
   * @param nanoTime as {@link System#nanoTime}
   */
  record Timing(LongSupplier nanoTime, RandomGenerator random) {
    Backoff backoff(Duration max) {
      return new Backoff(max.compareTo(FIRST_PAUSE) < 0 ? max : FIRST_PAUSE, max, random);
    }
  }

  /** A handler said that no retry can help. */
  private static final class GivenUp extends RuntimeException {
    private static final long serialVersionUID = 1L;

    GivenUp(Outcome.Fatal failure) {
      super(failure.what(), failure.cause());
    }
  }
}
