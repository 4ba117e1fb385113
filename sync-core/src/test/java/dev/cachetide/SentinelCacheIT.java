package dev.cachetide;

import dev.cachetide.sandbox.SandboxRedis;
import dev.cachetide.sandbox.SandboxSentinel;
import org.junit.jupiter.api.Test;

/** The contract on a primary and its replica behind three Sentinels. */
final class SentinelCacheIT extends CacheContract {

  private SandboxSentinel sentinel;

  @Override
  RedisConfig start() {
    sentinel = SandboxSentinel.start();
    return RedisConfig.of(sentinel.uri());
  }

  @Override
  void stop() {
    sentinel.close();
  }

  @Test
  void readers_do_not_notice_that_the_primary_is_killed_and_the_replica_takes_over()
      throws Exception {
    SandboxRedis[] lost = new SandboxRedis[1];
    readers_do_not_notice_that(
        () -> {
          lost[0] = sentinel.killPrimary();
          sentinel.awaitFailover(lost[0]);
        });
    lost[0].start();
    sentinel.awaitSettled();
  }
}
