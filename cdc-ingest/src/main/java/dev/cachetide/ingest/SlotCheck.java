package dev.cachetide.ingest;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether streaming may resume where it ended, or whether there is a gap.
 *
 * <p>Rests on one order of events: the row {@code slot_progress} is raised before the slot may be
 * flushed that far. A slot that stands past the row was therefore moved by somebody else, or is
 * another slot of the same name.
 */
final class SlotCheck {

  private SlotCheck() {}

  /**
   * The gap; empty when there is none.
   *
   * @param recorded what was acknowledged before; null when nothing is known
   */
  static Optional<Gap> gap(
      PublicationChange publication,
      @Nullable Progress recorded,
      History history,
      @Nullable Slot slot) {
    if (slot == null) {
      return Optional.of(
          new Gap(recorded == null ? GapCause.FIRST_START : GapCause.SLOT_MISSING, true));
    }
    if (slot.lost()) {
      return Optional.of(new Gap(GapCause.SLOT_LOST, true));
    }
    if (publication == PublicationChange.CREATED) {
      // Decoding looks the publication up as of the change: an older slot could not be read.
      return Optional.of(new Gap(GapCause.PUBLICATION_MISSING, true));
    }
    if (publication == PublicationChange.TABLES_ADDED) {
      return Optional.of(new Gap(GapCause.TABLES_ADDED, false));
    }
    return recorded == null
        ? Optional.of(new Gap(GapCause.FIRST_START, false))
        : moved(recorded, history, slot);
  }

  private static Optional<Gap> moved(Progress recorded, History history, Slot slot) {
    if (recorded.history().systemIdentifier() != history.systemIdentifier()) {
      return Optional.of(new Gap(GapCause.OTHER_SYSTEM, false));
    }
    if (recorded.history().timeline() != history.timeline()) {
      return Optional.of(new Gap(GapCause.OTHER_TIMELINE, false));
    }
    return Long.compareUnsigned(slot.confirmedFlush(), recorded.acknowledged()) > 0
        ? Optional.of(new Gap(GapCause.SLOT_MOVED, false))
        : Optional.empty();
  }

  /** What had to be done to the publication. */
  enum PublicationChange {
    NONE,
    CREATED,
    TABLES_ADDED
  }

  /**
   * Changes may be missing.
   *
   * @param recreate whether the slot must be made anew
   */
  record Gap(GapCause cause, boolean recreate) {}

  /** Which WAL this is. */
  record History(long systemIdentifier, int timeline) {}

  /** The row {@code slot_progress}; {@code acknowledged} is a position in the WAL. */
  record Progress(History history, long acknowledged) {}

  /** The slot; {@code confirmedFlush} is a position in the WAL. */
  record Slot(boolean lost, long confirmedFlush) {}
}
