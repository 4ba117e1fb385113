package dev.cachetide.cli;

import dev.cachetide.runtime.settings.Section;
import java.util.EnumSet;
import java.util.Set;

/** What one process of a pipeline can be. */
enum Role {
  INGEST("ingest"),
  INVALIDATE("invalidate"),
  WRITE_BEHIND("write-behind");

  private final String word;

  Role(String word) {
    this.word = word;
  }

  /** What a configuration must name for this role. */
  Set<Section> needs() {
    return this == INVALIDATE
        ? EnumSet.of(Section.POSTGRES, Section.KAFKA, Section.REDIS)
        : EnumSet.of(Section.POSTGRES, Section.KAFKA);
  }

  /** As it is typed on the command line. */
  @Override
  public String toString() {
    return word;
  }
}
