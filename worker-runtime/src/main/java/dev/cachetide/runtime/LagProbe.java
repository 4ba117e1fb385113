package dev.cachetide.runtime;

import static java.util.stream.Collectors.toSet;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the brokers every second where the assigned partitions end: how far behind the loop is, and
 * whether Kafka answers at all, and whether they are still the same topics. The consumer cannot
 * tell: with Kafka away its polls return nothing, as they do when there is nothing.
 */
final class LagProbe implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(LagProbe.class);
  private static final Duration INTERVAL = Duration.ofSeconds(1);
  private static final int PATIENCE_MILLIS = 3_000;

  private final Admin admin;
  private final Progress progress;
  private final LoopMeters meters;
  private final LoopHealth health;
  private final TopicIds topicIds;
  private final GroupSize groupSize;
  private final ScheduledExecutorService timer;

  LagProbe(
      Admin admin,
      String name,
      Progress progress,
      LoopMeters meters,
      LoopHealth health,
      TopicIds topicIds,
      GroupSize groupSize) {
    this.topicIds = topicIds;
    this.groupSize = groupSize;
    this.admin = admin;
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
      meters.lag(lag(positions));
      answered(true);
    } catch (ExecutionException e) {
      boolean silent =
          e.getCause() instanceof TimeoutException || e.getCause() instanceof DisconnectException;
      answered(!silent);
    } catch (InterruptedException e) {
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

  private void answered(boolean answers) {
    if (health.kafkaAnswers(answers)) {
      (answers ? log.atInfo() : log.atWarn())
          .log(answers ? "Kafka answers again" : "Kafka does not answer");
    }
  }

  private Map<String, Long> lag(Map<TopicPartition, Long> positions)
      throws ExecutionException, InterruptedException {
    if (positions.isEmpty()) {
      admin.describeCluster(new DescribeClusterOptions().timeoutMs(PATIENCE_MILLIS)).nodes().get();
      return Map.of();
    }
    Map<TopicPartition, Long> ends = ends(positions.keySet());
    Map<String, Long> lag = new TreeMap<>();
    ends.forEach(
        (partition, end) -> {
          long behind = Math.max(0, end - positions.getOrDefault(partition, end));
          lag.merge(partition.topic(), behind, Long::sum);
        });
    return lag;
  }

  private Map<TopicPartition, Long> ends(Set<TopicPartition> partitions)
      throws ExecutionException, InterruptedException {
    Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
    partitions.forEach(partition -> latest.put(partition, OffsetSpec.latest()));
    ListOffsetsOptions options = new ListOffsetsOptions(IsolationLevel.READ_COMMITTED);
    Map<TopicPartition, Long> ends = new HashMap<>();
    ListOffsetsResult result = admin.listOffsets(latest, options.timeoutMs(PATIENCE_MILLIS));
    result.all().get().forEach((partition, info) -> ends.put(partition, info.offset()));
    return ends;
  }

  @Override
  public void close() {
    timer.shutdownNow();
    admin.close(Duration.ofSeconds(1));
  }
}
