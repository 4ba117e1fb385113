package dev.cachetide.internal.coherence;

/**
 * A stretch of time in which the same certified Redis answered, under one generation. Compared by
 * identity: another connection or another generation makes another one.
 */
public final class Trust {

  private final int generation;

  /** Begins a stretch. */
  public Trust(int generation) {
    this.generation = generation;
  }

  /** The lower 32 bits of the pipeline's generation; entries of another one are misses. */
  public int generation() {
    return generation;
  }
}
