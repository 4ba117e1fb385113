package dev.cachetide.runtime;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** The one batch that was polled and is not finished. Held by the loop's thread alone. */
final class InFlight {

  private final RecordHandler handler;
  private final DeadLetters deadLetters;
  private final LoopMeters meters;
  private ConsumerRecords<byte[], byte[]> batch = ConsumerRecords.empty();

  /** Not null once the handler is done: then only parking is left, and it alone is tried again. */
  private @Nullable List<DeadLetter> parked;

  InFlight(RecordHandler handler, DeadLetters deadLetters, LoopMeters meters) {
    this.handler = handler;
    this.deadLetters = deadLetters;
    this.meters = meters;
  }

  boolean isEmpty() {
    return batch.isEmpty() && batch.nextOffsets().isEmpty();
  }

  /** Takes what was polled. While a batch is here everything is paused, so nothing may come. */
  void take(ConsumerRecords<byte[], byte[]> polled) {
    if (polled.isEmpty() && polled.nextOffsets().isEmpty()) {
      return;
    }
    if (!isEmpty()) {
      throw new IllegalStateException("records were polled while a batch was in flight");
    }
    batch = polled;
    meters.polled(polled.count());
  }

  /** Hands the batch over, or parks what the handler set aside from it; idles without a batch. */
  Outcome apply() {
    if (batch.isEmpty()) {
      return handler.idle();
    }
    if (parked == null) {
      Outcome outcome = meters.timed(() -> handler.handle(batch));
      if (!(outcome instanceof Outcome.Applied applied)) {
        return outcome;
      }
      parked = applied.parked();
    }
    return parked.isEmpty() ? Outcome.applied() : park(parked);
  }

  private Outcome park(List<DeadLetter> letters) {
    Outcome outcome = deadLetters.publish(letters);
    if (outcome instanceof Outcome.Applied) {
      meters.parked(letters.size());
    }
    return outcome;
  }

  /** The batch is done with; answers where reading goes on, beyond aborted transactions too. */
  Map<TopicPartition, OffsetAndMetadata> finish() {
    Map<TopicPartition, OffsetAndMetadata> next = batch.nextOffsets();
    batch = ConsumerRecords.empty();
    parked = null;
    return next;
  }

  /** Forgets what belongs to partitions that were taken away: their next owner reads it again. */
  void drop(Collection<TopicPartition> partitions) {
    Set<TopicPartition> gone = Set.copyOf(partitions);
    Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> kept = new HashMap<>();
    batch.partitions().stream()
        .filter(partition -> !gone.contains(partition))
        .forEach(partition -> kept.put(partition, batch.records(partition)));
    Map<TopicPartition, OffsetAndMetadata> next = new HashMap<>(batch.nextOffsets());
    next.keySet().removeAll(gone);
    batch = new ConsumerRecords<>(kept, next);
    if (parked != null) {
      List<DeadLetter> left = new ArrayList<>(parked);
      left.removeIf(letter -> gone.contains(partition(letter.record())));
      parked = left;
    }
  }

  private static TopicPartition partition(ConsumerRecord<?, ?> record) {
    return new TopicPartition(record.topic(), record.partition());
  }
}
