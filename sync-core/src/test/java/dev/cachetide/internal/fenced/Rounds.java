package dev.cachetide.internal.fenced;

import dev.cachetide.internal.fenced.FencedModel.Held;
import dev.cachetide.internal.fenced.World.Rules;
import io.lettuce.core.KeyValue;
import io.lettuce.core.LettuceFutures;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Runs many schedules side by side, each on keys of its own and each one operation after the other,
 * so that a round trip serves them all.
 */
final class Rounds {

  private static final int SIDE_BY_SIDE = 100;
  private static final long PATIENCE_SECONDS = 30;
  private static final Duration SLACK = Duration.ofMinutes(2);

  private final FencedStore store;
  private final RedisAsyncCommands<String, byte[]> raw;
  private final Rules rules;
  private final boolean strict;
  private long operations;

  /**
   * Rounds by some rules.
   *
   * @param strict whether the model judges too, or the oracle alone
   */
  Rounds(FencedStore store, RedisAsyncCommands<String, byte[]> raw, Rules rules, boolean strict) {
    this.store = store;
    this.raw = raw;
    this.rules = rules;
    this.strict = strict;
  }

  long operations() {
    return operations;
  }

  /** The first thing that was wrong; null when nothing was in that many schedules. */
  @Nullable String run(long firstSeed, int schedules) throws Exception {
    for (int done = 0; done < schedules; done += SIDE_BY_SIDE) {
      raw.flushall().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      List<Schedule> running = new ArrayList<>();
      for (int each = done; each < Math.min(schedules, done + SIDE_BY_SIDE); each++) {
        running.add(schedule(firstSeed + each));
      }
      String wrong = run(running);
      if (wrong != null) {
        return wrong;
      }
    }
    return null;
  }

  private Schedule schedule(long seed) {
    List<String> keys = new ArrayList<>();
    for (int key = 0; key < 2 + (int) (seed % 2); key++) {
      keys.add("model:" + seed + ":" + key);
    }
    return new Schedule(seed, new World(seed, store, raw, keys, rules));
  }

  private @Nullable String run(List<Schedule> running) throws Exception {
    while (!running.isEmpty()) {
      List<CompletableFuture<?>> replies = new ArrayList<>();
      for (Schedule each : running) {
        replies.add(each.send());
      }
      for (int at = 0; at < running.size(); at++) {
        CompletableFuture<?> reply = replies.get(at);
        if (reply != null) {
          operations++;
          String wrong = running.get(at).replied(reply.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
          if (strict && wrong != null) {
            return wrong;
          }
        }
      }
      String wrong = look(running);
      if (wrong != null) {
        return wrong;
      }
      running.removeIf(Schedule::over);
    }
    return null;
  }

  private @Nullable String look(List<Schedule> running) throws Exception {
    List<RedisFuture<List<KeyValue<String, byte[]>>>> values = new ArrayList<>();
    List<RedisFuture<Long>> lives = new ArrayList<>();
    for (Schedule each : running) {
      values.add(raw.mget(each.keys().toArray(String[]::new)));
      if (strict) {
        each.keys().forEach(key -> lives.add(raw.pttl(key)));
      }
    }
    LettuceFutures.awaitAll(
        Duration.ofSeconds(PATIENCE_SECONDS), lives.toArray(RedisFuture[]::new));
    int life = 0;
    for (int at = 0; at < running.size(); at++) {
      Schedule each = running.get(at);
      List<byte @Nullable []> found = new ArrayList<>();
      values
          .get(at)
          .get(PATIENCE_SECONDS, TimeUnit.SECONDS)
          .forEach(value -> found.add(value.getValueOrElse(null)));
      String wrong = each.violated(found);
      if (wrong == null && strict) {
        wrong = each.differs(found);
        for (String key : each.keys()) {
          wrong = wrong == null ? lives(each.expected(key), lives.get(life).get()) : wrong;
          life++;
        }
      }
      if (wrong != null) {
        return wrong;
      }
    }
    return null;
  }

  private static @Nullable String lives(@Nullable Held held, long millis) {
    if (held == null) {
      return millis == -2 ? null : "a key lives on for " + millis + " ms";
    }
    Duration life = held.life();
    if (life == null) {
      return millis == -1 ? null : "a foreign key got an end";
    }
    boolean near = millis <= life.toMillis() && millis > life.minus(SLACK).toMillis();
    return near ? null : "a key lives for " + millis + " ms, not " + life;
  }
}
