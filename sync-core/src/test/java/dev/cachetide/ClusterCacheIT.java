package dev.cachetide;

import dev.cachetide.sandbox.SandboxRedis;
import dev.cachetide.sandbox.SandboxRedisCluster;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The contract on three primaries with a replica each. */
final class ClusterCacheIT extends CacheContract {

  private SandboxRedisCluster cluster;

  @Override
  RedisConfig start() {
    cluster = SandboxRedisCluster.builder().withReplicas().start();
    List<String> seeds = cluster.uris().subList(0, 2);
    return RedisConfig.cluster(seeds.toArray(String[]::new));
  }

  @Override
  void stop() {
    cluster.close();
  }

  @Test
  void readers_do_not_notice_that_a_primary_is_killed_and_its_replica_takes_over()
      throws Exception {
    SandboxRedis lost = cluster.primaries().get(1);
    readers_do_not_notice_that(
        () -> {
          lost.killHard();
          cluster.awaitFailover(lost);
        });
    lost.start();
    cluster.awaitOk();
  }
}
