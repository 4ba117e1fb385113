package dev.cachetide;

import dev.cachetide.sandbox.SandboxRedis;
import org.junit.jupiter.api.Test;

/** The contract on a single server. */
final class StandaloneCacheIT extends CacheContract {

  private SandboxRedis redis;

  @Override
  RedisConfig start() {
    redis = SandboxRedis.builder().start();
    return RedisConfig.of(redis.uri());
  }

  @Override
  void stop() {
    redis.close();
  }

  @Test
  void readers_do_not_notice_that_the_server_is_killed_and_started_again() throws Exception {
    readers_do_not_notice_that(
        () -> {
          redis.killHard();
          redis.start();
        });
  }
}
