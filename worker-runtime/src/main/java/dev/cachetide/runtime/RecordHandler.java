package dev.cachetide.runtime;

import java.util.Collection;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;

/**
 * What a worker does with the records of one poll: the one callback of {@code PollLoop}.
 *
 * <p>All methods are called by the loop's thread, one at a time. None may block for longer than the
 * timeouts of the system behind it.
 */
public interface RecordHandler extends AutoCloseable {

  /**
   * Prepares newly assigned partitions; no record of theirs is handed over before this has returned
   * {@link Outcome.Applied}. Called again, with the same partitions or fewer, after a {@link
   * Outcome.Transient}.
   *
   * @param start where to begin reading; a partition that is not mentioned begins at the offset the
   *     group committed
   */
  default Outcome assigned(Collection<TopicPartition> partitions, StartAt start) {
    return Outcome.applied();
  }

  /**
   * Reading of an assigned partition begins at an offset, or goes on there after {@link
   * #offsetsLost}: no record before it will be handed over. Called before the first record, and
   * before {@link #idle} is called the next time.
   */
  default void begins(TopicPartition partition, long offset) {}

  /**
   * How many partitions the whole group reads: those of every subscribed topic that exists. Called
   * once it is known and after every change, before a batch or {@link #idle}.
   */
  default void groupReads(int partitions) {}

  /**
   * Forgets partitions that were revoked in order or lost; nothing of theirs may be written now.
   */
  default void unassigned(Collection<TopicPartition> partitions) {}

  /**
   * Handles the records of one poll, each partition's in offset order. After {@link
   * Outcome.Transient} and {@link Outcome.Unfinished} the same records come again, without those of
   * partitions that were taken away in between.
   */
  Outcome handle(ConsumerRecords<byte[], byte[]> batch);

  /**
   * Answers for records that can never be read: the group's offset lies outside what these
   * partitions still hold, because records expired or the topic was made anew. After {@link
   * Outcome.Applied} reading goes on at the earliest record left; after {@link Outcome.Transient}
   * the question comes again.
   *
   * @return {@link Outcome.Fatal} unless the handler can make up for what it will not see
   */
  default Outcome offsetsLost(Collection<TopicPartition> partitions) {
    return new Outcome.Fatal(
        "read from the committed offset: the topic no longer holds the records behind it",
        new IllegalStateException("offsets out of range for " + partitions));
  }

  /**
   * Called about ten times a second while no record is there to be handled, for what a handler has
   * to notice without one. Must cost next to nothing when there is nothing to notice.
   */
  default Outcome idle() {
    return Outcome.applied();
  }

  /**
   * Assigned partitions of which no record may be handed over yet, though they are prepared. Asked
   * whenever reading goes on, after every batch and every {@link #idle}; must cost next to nothing.
   */
  default Set<TopicPartition> notYet() {
    return Set.of();
  }

  /** Releases what the handler owns. Called once, after the last batch. */
  @Override
  default void close() {}

  /** Sets the offset at which reading a newly assigned partition begins. */
  interface StartAt {
    /** The next record handed over of {@code partition} is the one at {@code offset}. */
    void offset(TopicPartition partition, long offset);
  }
}
