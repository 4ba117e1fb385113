package dev.cachetide.system.race;

import dev.cachetide.sandbox.TcpProxy;
import io.lettuce.core.api.sync.RedisCommands;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * What befalls a Redis: single keys are evicted, now and then everything is gone, and the worker's
 * connection stands still for up to 200 ms, which delays every eviction behind it.
 */
final class Chaos implements AutoCloseable {

  private static final long EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final int HOLD_MILLIS = 200;
  private static final int ODDS = 200;

  private final RedisCommands<String, String> redis;
  private final TcpProxy worker;
  private final SplittableRandom random;
  private final Background striking;
  private long heldUntil;

  Chaos(RedisCommands<String, String> redis, TcpProxy worker, SplittableRandom random) {
    this.redis = redis;
    this.worker = worker;
    this.random = random;
    striking = new Background("chaos", this::run);
  }

  private void run(BooleanSupplier stopped) {
    while (!stopped.getAsBoolean()) {
      LockSupport.parkNanos(EVERY_NANOS);
      strike();
    }
    worker.restore();
  }

  /** Throws what ended it. */
  void failIfEnded() {
    striking.failIfEnded();
  }

  private void strike() {
    if (heldUntil != 0 && System.nanoTime() - heldUntil >= 0) {
      worker.restore();
      heldUntil = 0;
    }
    int dice = random.nextInt(ODDS);
    if (dice == 0) {
      redis.flushall();
    } else if (dice < 20) {
      redis.del(RacePipeline.PREFIX + random.nextInt(HotRows.COUNT));
    } else if (dice < 22 && heldUntil == 0) {
      worker.hold();
      heldUntil = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(random.nextInt(HOLD_MILLIS));
    }
  }

  @Override
  public void close() {
    striking.close();
  }
}
