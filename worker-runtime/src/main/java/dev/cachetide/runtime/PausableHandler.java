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
final class PausableHandler extends ForwardingHandler {

  private static final Duration LOOK_AGAIN = Duration.ofMillis(200);

  private final Pauses pauses;
  private final Set<TopicPartition> owned = new HashSet<>();
  private boolean failed;

  PausableHandler(RecordHandler handler, Pauses pauses) {
    super(handler);
    this.pauses = pauses;
  }

  @Override
  public Outcome assigned(Collection<TopicPartition> partitions, StartAt start) {
    Outcome known = pauses.ask();
    if (!(known instanceof Outcome.Applied)) {
      return known;
    }
    Outcome prepared = super.assigned(partitions, start);
    if (prepared instanceof Outcome.Applied) {
      owned.addAll(partitions);
    }
    return prepared;
  }

  @Override
  public void unassigned(Collection<TopicPartition> partitions) {
    owned.removeAll(Set.copyOf(partitions));
    super.unassigned(partitions);
  }

  @Override
  public Outcome handle(ConsumerRecords<byte[], byte[]> batch) {
    if (failed && pauses.role()) {
      return new Outcome.Unfinished(LOOK_AGAIN);
    }
    Outcome outcome = super.handle(batch);
    failed = outcome instanceof Outcome.Transient;
    return outcome;
  }

  @Override
  public Outcome idle() {
    Outcome known = pauses.ask();
    return known instanceof Outcome.Applied ? super.idle() : known;
  }

  @Override
  public Set<TopicPartition> notYet() {
    Set<TopicPartition> held = new HashSet<>(super.notYet());
    boolean all = pauses.role();
    for (TopicPartition partition : owned) {
      if (all || pauses.holdsBack(partition.topic())) {
        held.add(partition);
      }
    }
    return held;
  }
}
