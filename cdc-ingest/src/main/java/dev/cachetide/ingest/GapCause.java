package dev.cachetide.ingest;

import java.util.Locale;

/** Why changes may have been missed. */
enum GapCause {
  FIRST_START("capture begins: what was cached before it may be stale"),
  SLOT_MISSING("the replication slot is gone"),
  SLOT_LOST("the replication slot lost WAL it needed"),
  SLOT_MOVED("the replication slot moved past what was acknowledged"),
  OTHER_SYSTEM("this is another Postgres system"),
  OTHER_TIMELINE("this Postgres is on another timeline"),
  PUBLICATION_MISSING("the publication was gone"),
  TABLES_ADDED("tables were added to the publication");

  private final String reason;

  GapCause(String reason) {
    this.reason = reason;
  }

  /** For people; constant. */
  String reason() {
    return reason;
  }

  /** For a meter. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
