package dev.cachetide.runtime;

import java.time.Duration;
import java.util.Map;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the group how far the loop is. A commit that fails is no loss: what it covered counts as
 * not committed and goes with the next one, or is read and handled again after a restart.
 */
final class Commits {

  private static final Logger log = LoggerFactory.getLogger(Commits.class);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

  private final Consumer<?, ?> consumer;
  private final Progress progress;
  private final LoopMeters meters;
  private final Duration interval;
  private final LongSupplier nanoTime;
  private long lastNanos;
  private boolean failing;

  Commits(
      Consumer<?, ?> consumer,
      Progress progress,
      LoopMeters meters,
      Duration interval,
      LongSupplier nanoTime) {
    this.consumer = consumer;
    this.progress = progress;
    this.meters = meters;
    this.interval = interval;
    this.nanoTime = nanoTime;
    this.lastNanos = nanoTime.getAsLong();
  }

  /** Commits in the background what was finished, once per interval. */
  void whenDue() {
    if (nanoTime.getAsLong() - lastNanos < interval.toNanos()) {
      return;
    }
    lastNanos = nanoTime.getAsLong();
    Map<TopicPartition, OffsetAndMetadata> offsets = progress.uncommitted();
    if (!offsets.isEmpty()) {
      consumer.commitAsync(offsets, this::answered);
    }
  }

  /** Commits and waits for the answer, 5 s at most. */
  void now(Map<TopicPartition, OffsetAndMetadata> offsets) {
    if (offsets.isEmpty()) {
      return;
    }
    try {
      consumer.commitSync(offsets, LONGEST_WAIT);
      succeeded(offsets);
    } catch (WakeupException e) {
      // Stopping wakes the consumer once, whatever it waits for; that is now spent.
      now(offsets);
    } catch (KafkaException e) {
      failed(e);
    }
  }

  private void answered(Map<TopicPartition, OffsetAndMetadata> offsets, @Nullable Exception e) {
    if (e == null) {
      succeeded(offsets);
    } else {
      failed(e);
    }
  }

  private void succeeded(Map<TopicPartition, OffsetAndMetadata> offsets) {
    progress.acknowledged(offsets);
    failing = false;
  }

  private void failed(Exception e) {
    meters.commitFailed();
    (failing ? log.atDebug() : log.atWarn()).setCause(e).log("commit failed, trying again");
    failing = true;
  }
}
