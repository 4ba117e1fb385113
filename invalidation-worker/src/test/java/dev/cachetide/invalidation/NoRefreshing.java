package dev.cachetide.invalidation;

import dev.cachetide.invalidation.refresh.Life;
import dev.cachetide.invalidation.refresh.SecondEvictions;
import dev.cachetide.invalidation.rules.RefreshPlanner;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Random;

/** For rules that only evict. */
final class NoRefreshing {

  private NoRefreshing() {}

  static Refreshing of(InvalidationMeters meters) {
    return new Refreshing(
        new RefreshPlanner(
            table -> Optional.empty(), new Life(InstantSource.system(), new Random(1))),
        refreshes -> {},
        () -> {},
        new SecondEvictions(() -> 0),
        meters);
  }
}
