package dev.cachetide.writebehind;

import java.util.Set;

/**
 * What was found out about an effect before its transaction began, when the database, and what is
 * before it in the log, may have been different. So it clears nothing up: it says for whom it is
 * not worth asking again.
 *
 * @param looked what was looked for
 * @param found what is doubted of that
 */
record Doubts(Set<Suspicion> looked, Set<Suspicion> found) {

  /** Of an effect that nobody has looked at. */
  static final Doubts UNKNOWN = new Doubts(Set.of(), Set.of());

  /** Whether it is worth looking for this. */
  boolean leaves(Suspicion suspicion) {
    return !looked.contains(suspicion) || found.contains(suspicion);
  }
}
