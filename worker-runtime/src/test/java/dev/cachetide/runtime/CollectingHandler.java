package dev.cachetide.runtime;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;

/** Keeps the values it was handed, and checks what the loop promises about their order. */
final class CollectingHandler implements RecordHandler {

  final Set<String> seen;
  final AtomicInteger handled = new AtomicInteger();
  final AtomicInteger lost = new AtomicInteger();
  final List<String> violations = new ArrayList<>();
  volatile Function<ConsumerRecords<byte[], byte[]>, Outcome> answer = batch -> Outcome.applied();
  final Set<TopicPartition> begins = ConcurrentHashMap.newKeySet();
  volatile int groupReads;
  volatile Outcome whenLost = Outcome.applied();
  private final Map<TopicPartition, Long> next = new HashMap<>();

  CollectingHandler() {
    this(ConcurrentHashMap.newKeySet());
  }

  CollectingHandler(Set<String> seen) {
    this.seen = seen;
  }

  @Override
  public Outcome assigned(Collection<TopicPartition> partitions, StartAt start) {
    partitions.forEach(partition -> next.put(partition, -1L));
    return Outcome.applied();
  }

  @Override
  public void begins(TopicPartition partition, long offset) {
    begins.add(partition);
  }

  @Override
  public void groupReads(int partitions) {
    groupReads = partitions;
  }

  @Override
  public void unassigned(Collection<TopicPartition> partitions) {
    partitions.forEach(next::remove);
  }

  @Override
  public Outcome offsetsLost(Collection<TopicPartition> partitions) {
    lost.addAndGet(partitions.size());
    return whenLost;
  }

  @Override
  public Outcome handle(ConsumerRecords<byte[], byte[]> batch) {
    Outcome outcome = answer.apply(batch);
    if (outcome instanceof Outcome.Applied) {
      batch.forEach(this::take);
    }
    return outcome;
  }

  private void take(ConsumerRecord<byte[], byte[]> record) {
    Long expected =
        next.put(new TopicPartition(record.topic(), record.partition()), record.offset() + 1);
    if (expected == null || (expected >= 0 && expected != record.offset())) {
      violations.add("expected " + expected + ", got " + record.offset());
    }
    handled.incrementAndGet();
    seen.add(new String(record.value(), StandardCharsets.UTF_8));
  }
}
