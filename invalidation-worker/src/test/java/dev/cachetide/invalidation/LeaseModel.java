package dev.cachetide.invalidation;

import dev.cachetide.invalidation.Evictor.Removal;
import dev.cachetide.invalidation.rules.Plan;
import io.lettuce.core.RedisConnectionException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A Redis of a few keys {@code k:1}, {@code k:2}, … with leases and values, that can be away, and
 * be replaced by one with an older state.
 */
final class LeaseModel {

  /** Negative: the token of a lease. Not negative: the version that is cached. */
  Map<String, Long> entries = new HashMap<>();

  String runId = "run-1";
  long connects = 1;
  boolean away;
  private long lastToken;

  /** A reader's lease on a key that is not there; 0 when there is something. */
  long lease(String key) {
    return entries.putIfAbsent(key, --lastToken) == null ? lastToken : 0;
  }

  /** Stores what was loaded if the lease still stands. */
  void fill(String key, long token, long version) {
    entries.replace(key, token, version);
  }

  /**
   * A connection to it.
   *
   * @param evicting whether it does what it says; a negative control does not
   * @param meanwhile what else happens between the steps of a scan
   */
  Evictor.Target connection(boolean evicting, Runnable meanwhile) {
    return new Evictor.Target() {
      @Override
      public long connects() {
        requireHere();
        return connects;
      }

      @Override
      public Set<String> runIds() {
        requireHere();
        return Set.of(runId);
      }

      @Override
      public Removal evict(Plan plan) {
        requireHere();
        if (evicting) {
          plan.keys().forEach(key -> entries.remove(key));
          plan.patterns().forEach(pattern -> scan(meanwhile));
        }
        return new Removal(plan.keys().size(), 1);
      }

      @Override
      public void close() {}
    };
  }

  /** What is there from the beginning to the end is found; what comes in between may not be. */
  private void scan(Runnable meanwhile) {
    List<String> found = new ArrayList<>(entries.keySet());
    for (String key : found) {
      meanwhile.run();
      requireHere();
      entries.remove(key);
    }
  }

  private void requireHere() {
    if (away) {
      throw new RedisConnectionException("away");
    }
  }
}
