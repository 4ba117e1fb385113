package dev.cachetide.internal.coherence;

/** Why every L1 of this process was emptied. */
public enum FlushCause {
  /** A range or a position says that a message was lost. */
  GAP,
  /** A partition is heard for the first time: what was said before is unknown. */
  NEW_PARTITION,
  /** A generation is heard for the first time. */
  GENERATION,
  /** A connection broke, or partitions were silent: what was said meanwhile may be lost. */
  RESUMED,
  /** A message could not be read; it may have named anything. */
  UNREADABLE
}
