package dev.cachetide.benchmarks.hits;

import java.util.function.Function;

/**
 * What is measured, in the order of the table. Each has the settings that its manual gives for this
 * use, and decodes with Jackson to a type that it is told.
 */
public enum Contender {
  LETTUCE("plain Lettuce GET", false, PlainLettuce::new),
  CACHETIDE("Cachetide", false, CachetideCache::remote),
  REDISSON_BUCKET("Redisson RBucket", false, RedissonBucket::new),
  REDISSON_MAP_CACHE("Redisson RMapCache", false, RedissonMap::mapCache),
  JETCACHE("JetCache, remote", false, JetCache::remote),
  CACHETIDE_NEAR("Cachetide with L1", true, CachetideCache::near),
  REDISSON_LOCAL_MAP("Redisson RLocalCachedMap", true, RedissonMap::local),
  JETCACHE_LOCAL("JetCache, local and remote", true, JetCache::localAndRemote);

  private final String title;
  private final boolean inProcess;

  @SuppressWarnings("ImmutableEnumChecker") // a reference to a constructor or static method
  private final Function<String, HitPath> opener;

  Contender(String title, boolean inProcess, Function<String, HitPath> opener) {
    this.title = title;
    this.inProcess = inProcess;
    this.opener = opener;
  }

  String title() {
    return title;
  }

  /** Whether a hit ends in the process, without a way to Redis. */
  boolean inProcess() {
    return inProcess;
  }

  /** Connects to {@code redis://host:port}. */
  HitPath open(String redisUri) {
    return opener.apply(redisUri);
  }
}
