package dev.cachetide.runtime;

import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;

/**
 * Holds back what is paused. Partitions of it stay assigned and are not read, so the member stays
 * in its group, nothing is skipped, and reading goes on where it stopped. A batch that was polled
 * before the pause was seen is finished, but not tried again while it fails. Nothing is read before
 * it is known what is paused. For the loop's thread.
 */
final class PausableHandler implements RecordHandler {

  private static final Duration LOOK_AGAIN = Duration.ofMillis(200);

  private final RecordHandler handler;
  private final Pauses pauses;
  private final Set<TopicPartition> owned = new HashSet<>();
  private boolean failed;

  PausableHandler(RecordHandler handler, Pauses pauses) {
    this.handler = handler;
    this.pauses = pauses;
  }

  @Override
  public Outcome assigned(Collection<TopicPartition> partitions, StartAt start) {
    Outcome known = pauses.ask();
    if (!(known instanceof Outcome.Applied)) {
      return known;
    }
    Outcome prepared = handler.assigned(partitions, start);
    if (prepared instanceof Outcome.Applied) {
      owned.addAll(partitions);
    }
    return prepared;
  }

  @Override
  public void begins(TopicPartition partition, long offset) {
    handler.begins(partition, offset);
  }

  @Override
  public void groupReads(int partitions) {
    handler.groupReads(partitions);
  }

  @Override
  public void unassigned(Collection<TopicPartition> partitions) {
    owned.removeAll(Set.copyOf(partitions));
    handler.unassigned(partitions);
  }

  @Override
  public Outcome handle(ConsumerRecords<byte[], byte[]> batch) {
    if (failed && pauses.role()) {
      return new Outcome.Unfinished(LOOK_AGAIN);
    }
    Outcome outcome = handler.handle(batch);
    failed = outcome instanceof Outcome.Transient;
    return outcome;
  }

  @Override
  public Outcome offsetsLost(Collection<TopicPartition> partitions) {
    return handler.offsetsLost(partitions);
  }

  @Override
  public Outcome idle() {
    Outcome known = pauses.ask();
    return known instanceof Outcome.Applied ? handler.idle() : known;
  }

  @Override
  public Set<TopicPartition> notYet() {
    Set<TopicPartition> held = new HashSet<>(handler.notYet());
    boolean all = pauses.role();
    for (TopicPartition partition : owned) {
      if (all || pauses.holdsBack(partition.topic())) {
        held.add(partition);
      }
    }
    return held;
  }

  @Override
  public void close() {
    handler.close();
  }
}
