package dev.cachetide.runtime;

import static java.util.stream.Collectors.toSet;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.clients.consumer.NoOffsetForPartitionException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The partitions that this member owns, from assignment to loss.
 *
 * <p>A newly assigned partition is paused until the handler has prepared it, which happens in the
 * loop and not in the callback: it may take several attempts, and the group must not wait for them.
 * What the consumer says about offsets is answered here and never by the consumer itself, so that
 * no record is skipped in silence:
 *
 * <ul>
 *   <li>no committed offset, and the partition still holds its first record: begin there;
 *   <li>no committed offset, but older records are gone, or a committed offset that the partition
 *       does not hold, or one of a topic that was since made anew: the handler answers for what it
 *       will not see, then begin at the earliest.
 * </ul>
 */
final class Partitions implements ConsumerRebalanceListener {

  private static final Logger log = LoggerFactory.getLogger(Partitions.class);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

  private final Consumer<byte[], byte[]> consumer;
  private final RecordHandler handler;
  private final InFlight inFlight;
  private final Progress progress;
  private final Commits commits;
  private final LoopHealth health;
  private final TopicIds topicIds;
  private final Set<TopicPartition> unprepared = new HashSet<>();
  private final Set<TopicPartition> uncommitted = new HashSet<>();
  private final Set<TopicPartition> truncated = new HashSet<>();
  private Set<TopicPartition> heldBack = Set.of();
  private boolean paused;

  Partitions(
      Consumer<byte[], byte[]> consumer,
      RecordHandler handler,
      InFlight inFlight,
      Progress progress,
      Commits commits,
      LoopHealth health,
      TopicIds topicIds) {
    this.consumer = consumer;
    this.handler = handler;
    this.inFlight = inFlight;
    this.progress = progress;
    this.commits = commits;
    this.health = health;
    this.topicIds = topicIds;
  }

  @Override
  public void onPartitionsAssigned(Collection<TopicPartition> added) {
    unprepared.addAll(added);
    if (unprepared.isEmpty()) {
      health.joined();
    }
    consumer.pause(added);
    paused = true;
    changed("assigned", added);
  }

  /** Still ours: what is finished may be committed. */
  @Override
  public void onPartitionsRevoked(Collection<TopicPartition> removed) {
    commits.now(progress.uncommitted(removed));
    forget(removed);
    changed("revoked", removed);
  }

  /** No longer ours: somebody else may have gone on from the committed offsets already. */
  @Override
  public void onPartitionsLost(Collection<TopicPartition> removed) {
    health.lost();
    forget(removed);
    changed("lost", removed);
  }

  private void forget(Collection<TopicPartition> removed) {
    if (removed.isEmpty()) {
      return;
    }
    unprepared.removeAll(Set.copyOf(removed));
    uncommitted.removeAll(Set.copyOf(removed));
    truncated.removeAll(Set.copyOf(removed));
    progress.forget(removed);
    inFlight.drop(removed);
    handler.unassigned(removed);
  }

  private static void changed(String how, Collection<TopicPartition> partitions) {
    if (!partitions.isEmpty()) {
      log.atInfo().addKeyValue("partitions", partitions).addKeyValue("how", how).log("assignment");
    }
  }

  /**
   * Takes note of offsets that the consumer cannot go on from. Seeking keeps it from asking again;
   * pausing keeps it from reading before {@link #open} has the answer.
   */
  void cannotRead(InvalidOffsetException e) {
    Set<TopicPartition> ours = new HashSet<>(e.partitions());
    ours.retainAll(consumer.assignment());
    (e instanceof NoOffsetForPartitionException ? uncommitted : truncated).addAll(ours);
    consumer.seekToBeginning(ours);
    consumer.pause(ours);
    paused = true;
  }

  /**
   * These topics are not those that the offsets are of. What was polled of the old ones is dropped:
   * the handler answers for all that it did not see.
   */
  void answerForMadeAnew() {
    Set<String> topics = topicIds.madeAnew();
    Set<TopicPartition> ours = new HashSet<>(consumer.assignment());
    ours.removeIf(partition -> !topics.contains(partition.topic()));
    if (ours.isEmpty()) {
      return;
    }
    log.atWarn().addKeyValue("topics", topics).log("topics were deleted and made anew");
    inFlight.drop(ours);
    truncated.addAll(ours);
    consumer.seekToBeginning(ours);
    consumer.pause(ours);
    paused = true;
  }

  /** Does what must be done before every owned partition can be read. Repeatable. */
  Outcome open() {
    try {
      Outcome prepared = unprepared.isEmpty() ? Outcome.applied() : prepare();
      return prepared instanceof Outcome.Applied && !truncated.isEmpty() ? answer() : prepared;
    } catch (RetriableException e) {
      return new Outcome.Transient("ask Kafka where to begin reading", e);
    }
  }

  private Outcome prepare() {
    topicIds.look(unprepared.stream().map(TopicPartition::topic).collect(toSet()));
    Map<TopicPartition, Long> starts = new HashMap<>();
    Outcome outcome = handler.assigned(Set.copyOf(unprepared), starts::put);
    if (outcome instanceof Outcome.Applied) {
      starts.forEach(this::begin);
      Set<TopicPartition> others = new HashSet<>(unprepared);
      others.removeAll(starts.keySet());
      others.forEach(this::beginCommitted);
      beginEarliest();
      unprepared.clear();
      // Not before: preparing may change what others see, and they wait for readiness.
      health.joined();
    }
    return outcome;
  }

  private void begin(TopicPartition partition, long offset) {
    consumer.seek(partition, offset);
    progress.begin(partition, offset);
    handler.begins(partition, offset);
    uncommitted.remove(partition);
  }

  private void beginCommitted(TopicPartition partition) {
    // The consumer complains about every partition without an offset at once: ask again without
    // them.
    while (!uncommitted.contains(partition)) {
      try {
        long committed = consumer.position(partition, LONGEST_WAIT);
        progress.beginCommitted(partition, committed);
        handler.begins(partition, committed);
        return;
      } catch (NoOffsetForPartitionException e) {
        cannotRead(e);
      }
    }
  }

  private void beginEarliest() {
    if (!uncommitted.isEmpty()) {
      consumer
          .beginningOffsets(Set.copyOf(uncommitted), LONGEST_WAIT)
          .forEach(
              (partition, earliest) -> {
                if (earliest > 0) {
                  truncated.add(partition);
                }
                begin(partition, earliest);
              });
    }
  }

  private Outcome answer() {
    Set<TopicPartition> asked = Set.copyOf(truncated);
    Outcome outcome = handler.offsetsLost(asked);
    if (outcome instanceof Outcome.Applied) {
      consumer.beginningOffsets(asked, LONGEST_WAIT).forEach(this::begin);
      truncated.clear();
      log.atWarn()
          .addKeyValue("partitions", asked)
          .log("records were lost, going on at the earliest");
    }
    return outcome;
  }

  /** Reads nothing, and stays a member. */
  void pauseAll() {
    consumer.pause(consumer.assignment());
    paused = true;
  }

  /**
   * Reads again, but for what the handler will not have yet. To be called when {@link #open} has
   * applied.
   */
  void resumeAll() {
    Set<TopicPartition> notYet = handler.notYet();
    if (paused || !notYet.equals(heldBack)) {
      Set<TopicPartition> read = new HashSet<>(consumer.assignment());
      Set<TopicPartition> held = new HashSet<>(read);
      held.retainAll(notYet);
      read.removeAll(notYet);
      consumer.pause(held);
      consumer.resume(read);
      heldBack = Set.copyOf(notYet);
      paused = false;
    }
  }
}
