package dev.cachetide.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.ingest.SlotCheck.Gap;
import dev.cachetide.ingest.SlotCheck.History;
import dev.cachetide.ingest.SlotCheck.Progress;
import dev.cachetide.ingest.SlotCheck.PublicationChange;
import dev.cachetide.ingest.SlotCheck.Slot;
import org.junit.jupiter.api.Test;

class SlotCheckTest {

  private static final History HERE = new History(77, 1);
  private static final Progress AT_100 = new Progress(HERE, 100);

  @Test
  void a_slot_at_or_before_its_record_on_the_same_history_is_no_gap() {
    for (long position : new long[] {1, 99, 100}) {
      assertThat(SlotCheck.gap(PublicationChange.NONE, AT_100, HERE, new Slot(false, position)))
          .isEmpty();
    }
  }

  @Test
  void a_slot_past_its_record_was_moved_by_somebody_else() {
    assertThat(SlotCheck.gap(PublicationChange.NONE, AT_100, HERE, new Slot(false, 101)))
        .contains(new Gap(GapCause.SLOT_MOVED, false));
  }

  @Test
  void positions_are_unsigned() {
    assertThat(SlotCheck.gap(PublicationChange.NONE, AT_100, HERE, new Slot(false, -1)))
        .contains(new Gap(GapCause.SLOT_MOVED, false));
  }

  @Test
  void another_system_or_timeline_is_a_gap() {
    Slot slot = new Slot(false, 100);
    assertThat(SlotCheck.gap(PublicationChange.NONE, AT_100, new History(78, 1), slot))
        .contains(new Gap(GapCause.OTHER_SYSTEM, false));
    assertThat(SlotCheck.gap(PublicationChange.NONE, AT_100, new History(77, 2), slot))
        .contains(new Gap(GapCause.OTHER_TIMELINE, false));
  }

  @Test
  void a_missing_or_lost_slot_is_made_again() {
    assertThat(SlotCheck.gap(PublicationChange.NONE, AT_100, HERE, null))
        .contains(new Gap(GapCause.SLOT_MISSING, true));
    assertThat(SlotCheck.gap(PublicationChange.NONE, AT_100, HERE, new Slot(true, 100)))
        .contains(new Gap(GapCause.SLOT_LOST, true));
  }

  @Test
  void without_a_record_capture_begins_with_or_without_a_slot() {
    assertThat(SlotCheck.gap(PublicationChange.CREATED, null, HERE, null))
        .contains(new Gap(GapCause.FIRST_START, true));
    assertThat(SlotCheck.gap(PublicationChange.NONE, null, HERE, new Slot(false, 5)))
        .contains(new Gap(GapCause.FIRST_START, false));
  }

  @Test
  void a_slot_older_than_its_publication_cannot_be_read() {
    assertThat(SlotCheck.gap(PublicationChange.CREATED, AT_100, HERE, new Slot(false, 100)))
        .contains(new Gap(GapCause.PUBLICATION_MISSING, true));
  }

  @Test
  void added_tables_were_not_captured_until_now() {
    assertThat(SlotCheck.gap(PublicationChange.TABLES_ADDED, null, HERE, new Slot(false, 100)))
        .contains(new Gap(GapCause.TABLES_ADDED, false));
  }
}
