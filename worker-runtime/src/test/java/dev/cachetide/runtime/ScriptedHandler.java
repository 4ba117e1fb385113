package dev.cachetide.runtime;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** Answers as scripted, with applied where the script is empty, and remembers what it was told. */
final class ScriptedHandler implements RecordHandler {

  final Deque<Outcome> assigning = new ArrayDeque<>();
  final Deque<Outcome> losing = new ArrayDeque<>();
  final Deque<Outcome> handling = new ArrayDeque<>();
  final Map<TopicPartition, Long> starts = new HashMap<>();
  final List<String> calls = new ArrayList<>();
  final List<String> begins = new ArrayList<>();
  final List<Integer> groupReads = new ArrayList<>();
  @Nullable RuntimeException bug;
  @Nullable Error defect;
  boolean closed;

  @Override
  public Outcome assigned(Collection<TopicPartition> partitions, StartAt start) {
    calls.add("assigned " + names(partitions));
    starts.forEach(
        (partition, offset) -> {
          if (partitions.contains(partition)) {
            start.offset(partition, offset);
          }
        });
    return next(assigning);
  }

  @Override
  public void begins(TopicPartition partition, long offset) {
    begins.add(partition + "@" + offset);
  }

  @Override
  public void groupReads(int partitions) {
    groupReads.add(partitions);
  }

  @Override
  public void unassigned(Collection<TopicPartition> partitions) {
    calls.add("unassigned " + names(partitions));
  }

  @Override
  public Outcome offsetsLost(Collection<TopicPartition> partitions) {
    calls.add("offsetsLost " + names(partitions));
    return next(losing);
  }

  @Override
  public Outcome handle(ConsumerRecords<byte[], byte[]> batch) {
    if (bug != null) {
      throw bug;
    }
    if (defect != null) {
      throw defect;
    }
    Set<String> places = new TreeSet<>();
    for (ConsumerRecord<byte[], byte[]> record : batch) {
      places.add(record.topic() + "-" + record.partition() + "@" + record.offset());
    }
    calls.add("handle " + places);
    return next(handling);
  }

  @Override
  public void close() {
    closed = true;
  }

  private static Outcome next(Deque<Outcome> script) {
    return script.isEmpty() ? Outcome.applied() : script.remove();
  }

  private static Set<String> names(Collection<TopicPartition> partitions) {
    Set<String> names = new TreeSet<>();
    partitions.forEach(partition -> names.add(partition.toString()));
    return names;
  }
}
