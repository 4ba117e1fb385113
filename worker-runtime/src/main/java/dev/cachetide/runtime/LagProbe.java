package dev.cachetide.runtime;

import static java.util.stream.Collectors.toSet;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the brokers every second where the assigned partitions end: how far behind the loop is, and
 * since when, whether Kafka answers at all, and whether they are still the same topics. The
 * consumer cannot tell: with Kafka away its polls return nothing, as they do when there is nothing.
 */
final class LagProbe implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(LagProbe.class);
  private static final Duration INTERVAL = Duration.ofSeconds(1);
  private static final Duration CLOSE = Duration.ofSeconds(2);

  private final Backlog backlog;
  private final Progress progress;
  private final LoopMeters meters;
  private final LoopHealth health;
  private final TopicIds topicIds;
  private final GroupSize groupSize;
  private final KafkaAdvice advice;
  private final ScheduledExecutorService timer;

  LagProbe(
      Backlog backlog,
      String name,
      Progress progress,
      LoopMeters meters,
      LoopHealth health,
      TopicIds topicIds,
      GroupSize groupSize,
      KafkaAdvice advice) {
    this.advice = advice;
    this.topicIds = topicIds;
    this.groupSize = groupSize;
    this.backlog = backlog;
    this.progress = progress;
    this.meters = meters;
    this.health = health;
    timer =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, name + "-lag");
              thread.setDaemon(true);
              return thread;
            });
  }

  void start() {
    var unused =
        timer.scheduleWithFixedDelay(this::probe, 0, INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void probe() {
    try {
      Map<TopicPartition, Long> positions = positions();
      lookAtTopics(positions.keySet());
      meters.lag(backlog.behind(positions));
      answered(true);
    } catch (ExecutionException e) {
      boolean silent =
          e.getCause() instanceof TimeoutException || e.getCause() instanceof DisconnectException;
      if (silent || e.getCause() instanceof AuthenticationException) {
        doesNotAnswer(e);
      } else {
        answered(true);
      }
    } catch (InterruptedException | InterruptException e) {
      // Only close() interrupts this thread, and then nobody waits for an answer.
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      // Owner of the thread: an exception would end the schedule, and readiness with it.
      log.atWarn().setCause(e).log("lag probe failed");
      answered(false);
    }
  }

  private Map<TopicPartition, Long> positions() {
    Map<TopicPartition, Long> positions = new HashMap<>();
    progress.positions().forEach((partition, offset) -> positions.put(partition, offset.offset()));
    return positions;
  }

  private void lookAtTopics(Set<TopicPartition> partitions) {
    try {
      topicIds.look(partitions.stream().map(TopicPartition::topic).collect(toSet()));
      groupSize.look();
    } catch (RetriableException e) {
      // Between its deletion and its making a topic is not there; the next probe looks again.
      log.atDebug().setCause(e).log("topics could not be described");
    }
  }

  /** Asks for the reason once, when it begins: it may take seconds. */
  private void doesNotAnswer(Exception e) {
    if (health.kafkaAnswers(false)) {
      Optional<String> known = advice.toward(e);
      known.ifPresent(health::kafkaAdvice);
      log.atWarn().addKeyValue("advice", known.orElse("none")).log("Kafka does not answer");
    }
  }

  private void answered(boolean answers) {
    if (health.kafkaAnswers(answers)) {
      (answers ? log.atInfo() : log.atWarn())
          .log(answers ? "Kafka answers again" : "Kafka does not answer");
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
    try {
      if (timer.awaitTermination(CLOSE.toMillis(), TimeUnit.MILLISECONDS)) {
        backlog.close();
      } else {
        log.atWarn().log("the lag probe did not end in time; its clients end with the process");
      }
    } catch (InterruptedException e) {
      // The caller is in a hurry; the probe's thread is a daemon.
      Thread.currentThread().interrupt();
    }
  }
}
