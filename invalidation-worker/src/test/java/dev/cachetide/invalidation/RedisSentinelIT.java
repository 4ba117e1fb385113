package dev.cachetide.invalidation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.invalidation.rules.Plan;
import dev.cachetide.runtime.settings.RedisSettings;
import dev.cachetide.sandbox.SandboxRedis;
import dev.cachetide.sandbox.SandboxSentinel;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class RedisSentinelIT {

  @Test
  void the_server_that_sentinels_promote_is_found_and_is_another_start() throws Exception {
    try (SandboxSentinel servers = SandboxSentinel.start();
        RedisTarget target =
            new RedisTarget(new RedisSettings(servers.uri(), Duration.ofSeconds(2)), "channel")) {
      Plan plan = new Plan();
      plan.evict("user:1");
      assertThat(target.evict(plan).roundTrips()).isEqualTo(1);
      long connects = target.connects();
      Set<String> before = target.runIds();
      SandboxRedis lost = servers.killPrimary();
      servers.awaitFailover(lost);
      Servers.within(20).ignoreExceptions().until(() -> target.connects() != connects);
      assertThat(target.runIds()).hasSize(1).isNotEqualTo(before);
      assertThat(target.evict(plan).roundTrips()).isEqualTo(1);
    }
  }
}
