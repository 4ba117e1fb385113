package dev.cachetide.internal.coherence;

import dev.cachetide.wire.ChannelMessage.Batch;
import dev.cachetide.wire.ChannelMessage.Beat;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whether every message of the workers was heard, judged by the offsets that they name.
 *
 * <p>Of each partition the highest offset is kept up to which a message was heard for every record.
 * A message that begins behind it, or a beat whose position lies behind it, proves a loss: records
 * in between were answered for in a message that never came. What begins at or before it leaves no
 * record out, whoever sent it: so a partition that moves to a worker which reads some records
 * again, and a replaced worker that goes on for a while, are no losses. What two workers say of a
 * partition may come in any order; that looks like a loss at worst.
 *
 * <p>The first message of a partition has nothing to be compared with. It would be wrong to start
 * from it without a flush: a partition may be new to the group while its first message was lost,
 * and an L1 that was in use until then may hold what that message named.
 *
 * <p>Not safe for concurrent use; {@link PipelineCoherence} holds its lock.
 */
final class Numbering {

  /** How long L1 is used without a word of a partition: two beats may be missing. */
  static final long FRESH_MILLIS = Beat.INTERVAL_MILLIS + 1_000;

  private final Map<String, Heard> partitions = new HashMap<>();

  /** Why L1 has to be emptied; null when nothing was lost. */
  @Nullable FlushCause heard(Batch batch, long now) {
    FlushCause worst = null;
    for (var range : batch.ranges().entrySet()) {
      long previous = range.getValue().previous();
      long last = Math.max(previous, range.getValue().last());
      worst = worse(worst, heard(range.getKey(), previous, last, now));
    }
    return worst;
  }

  /** The same of a beat. */
  @Nullable FlushCause heard(Beat beat, long now) {
    FlushCause worst = null;
    for (var position : beat.positions().entrySet()) {
      long last = position.getValue();
      worst = worse(worst, heard(position.getKey(), last, last, now));
    }
    return worst;
  }

  private @Nullable FlushCause heard(String partition, long previous, long last, long now) {
    Heard before = partitions.get(partition);
    if (before == null) {
      partitions.put(partition, new Heard(last, now));
      return FlushCause.NEW_PARTITION;
    }
    partitions.put(partition, new Heard(Math.max(before.known, last), now));
    return previous > before.known ? FlushCause.GAP : null;
  }

  private static @Nullable FlushCause worse(@Nullable FlushCause one, @Nullable FlushCause other) {
    return one == FlushCause.GAP || other == null ? one : other;
  }

  /**
   * Until when so many partitions will have been heard of less than {@link #FRESH_MILLIS} ago, if
   * nobody says anything more; a past time when they are silent already, null when so many were
   * never heard.
   */
  @Nullable Long freshUntil(int total, long now) {
    if (total < 1 || partitions.size() < total) {
      return null;
    }
    // ages, because values of nanoTime may only be subtracted
    long age =
        partitions.values().stream()
            .map(each -> now - each.at)
            .sorted(Comparator.naturalOrder())
            .skip(total - 1L)
            .findFirst()
            .orElseThrow();
    return now - age + FRESH_MILLIS * 1_000_000;
  }

  /** Forgets all offsets: under another generation topics may have been made anew. */
  void clear() {
    partitions.clear();
  }

  /**
   * A partition.
   *
   * @param known the offset up to which a message was heard for every record
   * @param at when it was last spoken of
   */
  private record Heard(long known, long at) {}
}
