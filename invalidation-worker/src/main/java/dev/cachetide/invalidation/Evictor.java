package dev.cachetide.invalidation;

import dev.cachetide.invalidation.rules.Plan;
import dev.cachetide.runtime.Outcome;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies plans to a Redis that may be taken away and come back with the past in it.
 *
 * <p>A Redis that was started again may have been restored from a snapshot or a log that still
 * holds entries that were evicted since. So after every connect its run id is compared with the one
 * that was certified last; another one makes everything that the rules can name leave before
 * anything else is done, and is certified only then. When Postgres cannot tell which one was
 * certified, everything leaves too.
 */
final class Evictor implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Evictor.class);

  private final RedisTarget redis;
  private final RedisIdentity identity;
  private final Set<String> everything;
  private final InvalidationMeters meters;
  private String certified = "";
  private long certifiedConnects = -1;
  private boolean recorded;

  /**
   * @param everything patterns of all that the rules can name
   */
  Evictor(
      RedisTarget redis,
      RedisIdentity identity,
      Set<String> everything,
      InvalidationMeters meters) {
    this.redis = redis;
    this.identity = identity;
    this.everything = everything;
    this.meters = meters;
  }

  /**
   * Applies a plan, an empty one too: then only another start of Redis has anything to fear.
   *
   * @return what came of it; nothing is thrown for a Redis that is away
   */
  Result evict(Plan plan) {
    try {
      certifyAnother();
      long removed = redis.evict(plan);
      if (!recorded) {
        record();
      }
      return new Result(removed, null);
    } catch (ExecutionException e) {
      return failed(e.getCause() == null ? e : e.getCause());
    } catch (TimeoutException e) {
      return failed(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return failed(e);
    } catch (RuntimeException e) {
      if (RedisFailures.isRedis(e)) {
        return failed(e);
      }
      throw e;
    }
  }

  private void certifyAnother() throws ExecutionException, TimeoutException, InterruptedException {
    // Read before asking who answers: a reconnect in between is seen the next time.
    long connects = redis.connects();
    if (connects != certifiedConnects) {
      certify(redis.runId());
      certifiedConnects = connects;
    }
  }

  private void certify(String runId)
      throws ExecutionException, TimeoutException, InterruptedException {
    if (!runId.equals(certified) && !runId.equals(lastRecorded().orElse(""))) {
      Plan flush = new Plan();
      flush.widen(everything);
      long removed = redis.evict(flush);
      meters.flushed(everything.size(), removed);
      log.atWarn()
          .addKeyValue("runId", runId)
          .addKeyValue("keys", removed)
          .log("this start of Redis may hold old entries; everything the rules name was evicted");
      recorded = false;
    } else if (!runId.equals(certified)) {
      recorded = true;
    }
    certified = runId;
  }

  private Optional<String> lastRecorded() {
    try {
      return identity.certified();
    } catch (SQLException e) {
      // Without an answer everything leaves, which is always safe.
      log.atWarn().setCause(e).log("Postgres cannot tell which start of Redis was certified");
      return Optional.empty();
    }
  }

  private void record() {
    try {
      identity.certify(certified);
      recorded = true;
    } catch (SQLException e) {
      // Tried again with the next batch; until then a restart of this worker evicts once more.
      log.atDebug().setCause(e).log("the certified start of Redis could not be noted");
    }
  }

  private static Result failed(Throwable cause) {
    return new Result(0, RedisFailures.outcome(cause));
  }

  @Override
  public void close() {
    redis.close();
  }

  /**
   * How applying a plan ended.
   *
   * @param removed keys that were there
   * @param failure null when all of it was applied
   */
  record Result(long removed, @Nullable Outcome failure) {}
}
