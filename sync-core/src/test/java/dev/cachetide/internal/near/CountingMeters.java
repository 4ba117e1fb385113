package dev.cachetide.internal.near;

/** Counts on one thread. */
final class CountingMeters implements NearMeters {

  int hits;
  int misses;
  int bypassed;
  int dropped;

  @Override
  public void hit() {
    hits++;
  }

  @Override
  public void miss() {
    misses++;
  }

  @Override
  public void bypassed() {
    bypassed++;
  }

  @Override
  public void dropped() {
    dropped++;
  }

  @Override
  public String toString() {
    return "hits %d, misses %d, bypassed %d, dropped %d".formatted(hits, misses, bypassed, dropped);
  }
}
