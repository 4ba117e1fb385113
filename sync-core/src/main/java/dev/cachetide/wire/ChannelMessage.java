package dev.cachetide.wire;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What is published on a pipeline's Redis channel {@link PipelineNames#invalidationChannel()}, for
 * the L1 of every application.
 *
 * <p>Invalidation workers number what they say by the offsets of the change topics, so that a
 * listener notices a message that it did not get: the {@code previous} of a range is the {@code
 * last} of the one before. Workers publish after Redis has evicted.
 */
public sealed interface ChannelMessage {

  /** When it was said, milliseconds since the epoch by the speaker's clock; for display only. */
  long timestamp();

  /** One invalidation by an application, without a number: it may get lost. */
  record Single(Invalidation invalidation, long timestamp) implements ChannelMessage {}

  /**
   * What a worker evicted for the records of one poll.
   *
   * @param ranges by {@code topic/partition}: which records this message answers for
   */
  record Batch(Map<String, Range> ranges, List<Invalidation> invalidations, long timestamp)
      implements ChannelMessage {
    /** Copies the collections. */
    public Batch {
      ranges = Map.copyOf(ranges);
      invalidations = List.copyOf(invalidations);
    }
  }

  /**
   * A worker's sign of life, every {@link #INTERVAL_MILLIS}.
   *
   * @param generation of the pipeline, as Postgres holds it; entries of another one are misses
   * @param certified run ids of the Redis servers that are known to have missed no eviction
   * @param positions by {@code topic/partition}, for those the worker owns: the {@code last} of the
   *     newest range that was published, or the offset before the first record to read
   * @param partitions how many partitions the whole group reads
   */
  record Beat(
      long generation,
      Set<String> certified,
      Map<String, Long> positions,
      int partitions,
      long timestamp)
      implements ChannelMessage {

    /** How often a worker beats. */
    public static final long INTERVAL_MILLIS = 500;

    /** How long a listener may go without a beat before it trusts nothing that it holds. */
    public static final long SILENCE_MILLIS = 2_000;

    /** Copies the collections. */
    public Beat {
      certified = Set.copyOf(certified);
      positions = Map.copyOf(positions);
    }
  }

  /**
   * Records {@code previous + 1} to {@code last} of a partition.
   *
   * @param previous the last offset that was answered for before; -1 at a log's beginning
   */
  record Range(long previous, long last) {}
}
