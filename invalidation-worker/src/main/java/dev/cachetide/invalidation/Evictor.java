package dev.cachetide.invalidation;

import dev.cachetide.invalidation.rules.Plan;
import dev.cachetide.runtime.Outcome;
import java.sql.SQLException;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Applies plans to a Redis that may be taken away and come back with the past in it.
 *
 * <p>A Redis that was started again may have been restored from a snapshot or a log that still
 * holds entries that were evicted since. So after every connect its run id is compared with the
 * ones that were certified last; another one makes everything that the rules can name leave before
 * anything else is done, and is certified only then. When Postgres cannot tell which one was
 * certified, everything leaves too.
 */
final class Evictor implements Announcer.Certification, AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Evictor.class);

  private static final long NOTE_EVERY_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Target redis;
  private final Certificates certificates;
  private final Supplier<Plan> everything;
  private final InvalidationMeters meters;
  private final LongSupplier nanoTime;
  private Set<String> certified = Set.of();
  private long certifiedConnects = -1;
  private boolean recorded = true;
  private int certifications;
  private int flushes;
  private int changes;
  private long recordDueNanos;

  /**
   * @param everything that the rules which hold can name
   */
  Evictor(
      Target redis,
      Certificates certificates,
      Supplier<Plan> everything,
      InvalidationMeters meters,
      LongSupplier nanoTime) {
    this.redis = redis;
    this.certificates = certificates;
    this.everything = everything;
    this.meters = meters;
    this.nanoTime = nanoTime;
  }

  /**
   * Applies a plan, an empty one too: then only another start of Redis has anything to fear.
   *
   * @return what came of it; nothing is thrown for a Redis that is away
   */
  Result evict(Plan plan) {
    long[] removed = {0};
    Outcome failure =
        RedisFailures.attempt(
            () -> {
              certifyAnother();
              Removal removal = redis.evict(plan);
              meters.roundTrips(removal.roundTrips());
              removed[0] = removal.keys();
              if (!recorded && nanoTime.getAsLong() - recordDueNanos >= 0) {
                record();
              }
            });
    return new Result(removed[0], failure);
  }

  @Override
  public Set<String> certified() {
    return recorded ? certified : Set.of();
  }

  @Override
  public int certifications() {
    return certifications;
  }

  @Override
  public int flushes() {
    return flushes;
  }

  /** Run ids of the servers that plans were last applied to. */
  Set<String> answering() {
    return certified;
  }

  /** Grows whenever {@link #answering} changes. */
  int changes() {
    return changes;
  }

  private void certifyAnother() throws ExecutionException, TimeoutException, InterruptedException {
    // Read before asking who answers: a reconnect in between is seen the next time.
    long connects = redis.connects();
    if (connects != certifiedConnects) {
      certify(redis.runIds());
      certifiedConnects = connects;
    }
  }

  private void certify(Set<String> runIds)
      throws ExecutionException, TimeoutException, InterruptedException {
    if (runIds.equals(certified)) {
      return;
    }
    Set<String> before = lastRecorded();
    recorded = before.equals(runIds);
    if (!before.containsAll(runIds)) {
      Plan all = everything.get();
      Removal removal = redis.evict(all);
      meters.roundTrips(removal.roundTrips());
      meters.flushed(all, removal.keys());
      // The first one that is ever seen is no surprise.
      log.atLevel(before.isEmpty() ? Level.INFO : Level.WARN)
          .addKeyValue("runIds", runIds)
          .addKeyValue("keys", removal.keys())
          .log("this start of Redis may hold old entries; everything the rules name was evicted");
      flushes++;
    }
    recordDueNanos = nanoTime.getAsLong();
    certified = Set.copyOf(runIds);
    certifications++;
    changes++;
  }

  private Set<String> lastRecorded() {
    try {
      return certificates.certified();
    } catch (SQLException e) {
      // Without an answer everything leaves, which is always safe.
      log.atWarn().setCause(e).log("Postgres cannot tell which start of Redis was certified");
      return Set.of();
    }
  }

  private void record() {
    try {
      certificates.certify(certified);
      recorded = true;
      certifications++;
    } catch (SQLException e) {
      // Until it is noted a restart of this worker evicts once more. Not tried with every batch:
      // each would wait for a Postgres that is away.
      recordDueNanos = nanoTime.getAsLong() + NOTE_EVERY_NANOS;
      log.atDebug().setCause(e).log("the certified start of Redis could not be noted");
    }
  }

  @Override
  public void close() {
    redis.close();
  }

  /** Redis, as this class needs it. */
  interface Target extends AutoCloseable {

    /** How often a connection was made; while it stays the same, the same start answers. */
    long connects();

    /** Which starts of which servers hold the keys. */
    Set<String> runIds() throws ExecutionException, TimeoutException, InterruptedException;

    /** Makes everything in a plan leave. When it throws, an unknown part has left. */
    Removal evict(Plan plan) throws ExecutionException, TimeoutException, InterruptedException;

    @Override
    void close();
  }

  /** Which starts of Redis are known to hold nothing stale, kept where no Redis can lose it. */
  interface Certificates {

    /** The run ids that were certified last; empty when none ever was. */
    Set<String> certified() throws SQLException;

    /**
     * Everything the rules name has left since these starts of Redis; no other is certified from
     * now on. When others were certified before and not all of these, the pipeline's generation is
     * bumped together with it: entries that no rule names are old too.
     */
    void certify(Set<String> runIds) throws SQLException;
  }

  /**
   * What left.
   *
   * @param keys that were there
   * @param roundTrips that it took
   */
  record Removal(long keys, int roundTrips) {}

  /**
   * How applying a plan ended.
   *
   * @param removed keys that were there
   * @param failure null when all of it was applied
   */
  record Result(long removed, @Nullable Outcome failure) {}
}
