package dev.cachetide.system.race;

import java.util.Locale;

/**
 * What a race has shown so far.
 *
 * @param loads reads that went to Postgres
 * @param checks rows whose entries were held against Postgres while nothing moved
 * @param present checks that found an entry
 * @param stale checks that found an entry which is not what Postgres holds, and which nothing that
 *     is under way would remove
 * @param older reads that returned less than what was acknowledged before they began
 */
record RaceReport(
    String name,
    long seed,
    long writes,
    long reads,
    long loads,
    long republished,
    long checks,
    long present,
    long stale,
    long older) {

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "race: %-20s writes %,d  reads %,d  loads %,d  events again %,d  checks %,d (%,d present)"
            + "  permanently stale %,d  older than acknowledged %,d  seed %d",
        name,
        writes,
        reads,
        loads,
        republished,
        checks,
        present,
        stale,
        older,
        seed);
  }
}
