package dev.cachetide.invalidation.refresh;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.cachetide.internal.redis.RedisLink;
import dev.cachetide.internal.redis.Script;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;

/**
 * Mirrored rows in Redis: the worker is their only writer, applications only read.
 *
 * <p><b>Guarantee.</b> At rest a key is absent or holds the row as the database has it. Every
 * change carries its position in the WAL, and a key keeps the greatest one that was applied to it,
 * deletions included; what is not greater changes nothing. So repetition, reordering and workers
 * that were replaced do no harm as long as positions are kept: they outlive their values by {@link
 * #OUTLIVES}, and a Redis that evicts for want of memory may forget one.
 *
 * <p>Every method sends one command and returns at once. Safe for concurrent use.
 */
final class MirrorStore {

  /** By how much a position's life is longer than its value's. */
  static final Duration OUTLIVES = Duration.ofDays(1);

  private static final Script MIRROR = Script.beside(MirrorStore.class, "mirror.lua");
  private static final Script WARM = Script.beside(MirrorStore.class, "warm.lua");

  private final RedisLink redis;
  private final UnaryOperator<Script> change;

  MirrorStore(RedisLink redis) {
    this(redis, UnaryOperator.identity());
  }

  /** With scripts that lack something, for the tests that show what it is there for. */
  MirrorStore(RedisLink redis, UnaryOperator<Script> change) {
    this.redis = redis;
    this.change = change;
  }

  /** Puts an image; 1 when it was put, 0 when this change or a later one has been there. */
  CompletionStage<Long> put(String key, Position position, Value value, Duration life) {
    List<byte[]> arguments = new ArrayList<>();
    arguments.add(position.bytes());
    arguments.add(kind(value));
    arguments.add(millis(life));
    arguments.add(millis(life.plus(OUTLIVES)));
    arguments.addAll(value.parts());
    return run(MIRROR, arguments, key, MirrorKeys.position(key), MirrorKeys.lease(key));
  }

  /**
   * Takes a key away, so that no earlier image comes back; -1 when taken, 0 as for {@link #put}.
   *
   * @param life of the values of this key
   */
  CompletionStage<Long> remove(String key, Position position, Duration life) {
    List<byte[]> arguments =
        List.of(
            position.bytes(), "D".getBytes(US_ASCII), millis(life), millis(life.plus(OUTLIVES)));
    return run(MIRROR, arguments, key, MirrorKeys.position(key), MirrorKeys.lease(key));
  }

  /** Takes the lease for loading a row, from whoever has it. */
  CompletionStage<String> lease(String key, byte[] token, Duration life) {
    return redis.set(MirrorKeys.lease(key), token, life);
  }

  /** Puts a row that was loaded after the lease; 1 when it was put, 0 when the lease is gone. */
  CompletionStage<Long> fill(String key, byte[] token, Value value, Duration life) {
    List<byte[]> arguments = new ArrayList<>();
    arguments.add(token);
    arguments.add(kind(value));
    arguments.add(millis(life));
    arguments.addAll(value.parts());
    return run(WARM, arguments, key, MirrorKeys.lease(key));
  }

  private CompletionStage<Long> run(Script script, List<byte[]> arguments, String... keys) {
    return redis.run(change.apply(script), List.of(keys), arguments.toArray(byte[][]::new));
  }

  private static byte[] kind(Value value) {
    return (value.hash() ? "H" : "S").getBytes(US_ASCII);
  }

  private static byte[] millis(Duration duration) {
    return Long.toString(Math.max(1, duration.toMillis())).getBytes(US_ASCII);
  }
}
