package dev.cachetide.cli.parked;

import dev.cachetide.writebehind.ParkedWrite.State;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which of the things set aside are meant: those that match all that is not null.
 *
 * @param sources where to look
 * @param table {@code schema.table}
 * @param sqlState whole, or its first characters; of events none matches
 * @param reason a part of it, case ignored
 * @param since set aside at that moment or later
 */
public record LetterFilter(
    Set<Source> sources,
    @Nullable State state,
    @Nullable String table,
    @Nullable String sqlState,
    @Nullable String reason,
    @Nullable Instant since) {

  /** Copies the set. */
  public LetterFilter {
    sources = Set.copyOf(sources);
  }

  /** All of some sources. */
  public static LetterFilter of(Set<Source> sources) {
    return new LetterFilter(sources, null, null, null, null, null);
  }

  /** Where things are set aside. */
  public enum Source {
    /** {@code cachetide.dead_letter}. */
    WRITES,
    /** The dead-letter topic. */
    EVENTS,
    /** {@code cachetide.conflict}. */
    CONFLICTS
  }
}
