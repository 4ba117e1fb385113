package dev.cachetide.invalidation;

import dev.cachetide.runtime.Outcome;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** What a failure of Redis means, by exception type and, where there is none, by error code. */
final class RedisFailures {

  /** The first word of an error reply is its code; these mean that the configuration is wrong. */
  private static final Set<String> REFUSALS = Set.of("NOAUTH", "WRONGPASS", "NOPERM");

  private RedisFailures() {}

  static boolean isRedis(RuntimeException e) {
    return e instanceof RedisException;
  }

  /** Null when it went well; nothing is thrown for a Redis that is away. */
  static @Nullable Outcome attempt(Attempt attempt) {
    try {
      attempt.make();
      return null;
    } catch (ExecutionException e) {
      return outcome(e.getCause() == null ? e : e.getCause());
    } catch (TimeoutException e) {
      return outcome(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return outcome(e);
    } catch (RuntimeException e) {
      if (isRedis(e)) {
        return outcome(e);
      }
      throw e;
    }
  }

  /** {@link Outcome.Fatal} for what only an operator can change, else {@link Outcome.Transient}. */
  static Outcome outcome(Throwable cause) {
    for (Throwable each = cause; each != null; each = each.getCause()) {
      if (each instanceof RedisCommandExecutionException && REFUSALS.contains(code(each))) {
        return new Outcome.Fatal(
            "evict from Redis: it refuses this user ("
                + code(each)
                + "); check user and password in redis.url, and allow"
                + " +unlink +scan +sscan +srem +publish +get +set +info +ping, with writes +evalsha +eval, in a cluster +cluster, and the keys of the rules, cachetide:* and tag:*, and the channel cachetide:<pipeline>:invalidate",
            cause);
      }
    }
    return new Outcome.Transient("evict from Redis", cause);
  }

  /** What to change when Redis refuses the login itself. */
  static Optional<String> refusal(Throwable failure) {
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof RedisCommandExecutionException && REFUSALS.contains(code(each))) {
        return Optional.of("correct user and password in redis.url");
      }
    }
    return Optional.empty();
  }

  /** Whether a key holds something else than the command is for. */
  static boolean isAnotherType(ExecutionException e) {
    return e.getCause() instanceof RedisCommandExecutionException
        && code(e.getCause()).equals("WRONGTYPE");
  }

  private static String code(Throwable reply) {
    return String.valueOf(reply.getMessage()).split(" ", 2)[0];
  }

  /** Something that is asked of Redis. */
  interface Attempt {
    void make() throws ExecutionException, TimeoutException, InterruptedException;
  }
}
