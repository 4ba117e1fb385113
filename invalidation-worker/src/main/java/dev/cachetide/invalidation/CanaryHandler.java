package dev.cachetide.invalidation;

import dev.cachetide.runtime.ForwardingHandler;
import dev.cachetide.runtime.Outcome;
import dev.cachetide.runtime.RecordHandler;
import dev.cachetide.wire.Headers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;

/**
 * Lets the canary fly behind every batch: a heartbeat counts once the evictions that were polled
 * with it have been confirmed. Changes nothing of what the handler inside answers.
 */
final class CanaryHandler extends ForwardingHandler {

  private final Canary canary;
  private final String topic;
  private final InvalidationMeters meters;

  /**
   * @param topic of the heartbeats
   */
  CanaryHandler(RecordHandler inside, Canary canary, String topic, InvalidationMeters meters) {
    super(inside);
    this.canary = canary;
    this.topic = topic;
    this.meters = meters;
  }

  @Override
  public Outcome handle(ConsumerRecords<byte[], byte[]> batch) {
    Outcome outcome = super.handle(batch);
    if (outcome instanceof Outcome.Applied) {
      canary.through(committed(batch));
      canary.look();
    }
    return outcome;
  }

  private List<Long> committed(ConsumerRecords<byte[], byte[]> batch) {
    List<Long> micros = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : batch.records(topic)) {
      Header committed = record.headers().lastHeader(Headers.COMMITTED);
      // One that was published early comes again, once everything with it is visible.
      if (committed != null && record.headers().lastHeader(Headers.EARLY) == null) {
        String text = new String(committed.value(), StandardCharsets.UTF_8);
        if (text.matches("[0-9]{1,18}")) {
          micros.add(Long.parseLong(text));
        }
      }
    }
    return micros;
  }

  @Override
  public Outcome idle() {
    Outcome outcome = super.idle();
    if (outcome instanceof Outcome.Applied) {
      canary.look();
    }
    return outcome;
  }

  @Override
  public Outcome assigned(Collection<TopicPartition> partitions, StartAt start) {
    Outcome outcome = super.assigned(partitions, start);
    if (outcome instanceof Outcome.Applied && isAmong(partitions)) {
      meters.canaryOwned(true);
    }
    return outcome;
  }

  @Override
  public void unassigned(Collection<TopicPartition> partitions) {
    if (isAmong(partitions)) {
      meters.canaryOwned(false);
    }
    super.unassigned(partitions);
  }

  private boolean isAmong(Collection<TopicPartition> partitions) {
    return partitions.stream().anyMatch(partition -> partition.topic().equals(topic));
  }
}
