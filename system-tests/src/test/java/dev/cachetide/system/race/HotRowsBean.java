package dev.cachetide.system.race;

import dev.cachetide.system.race.CacheUnderTest.Loader;
import org.springframework.cache.annotation.Cacheable;

/** A hot row's version, by Spring's annotations. Public for the proxies. */
public class HotRowsBean {

  @Cacheable(cacheNames = "hot", key = "#id", unless = "#result == null")
  public String version(int id, Object loader) {
    return Long.toString(((Loader) loader).load(id).version());
  }

  @Cacheable(cacheNames = "hot", key = "#id", sync = true)
  public String versionInSync(int id, Object loader) {
    return Long.toString(((Loader) loader).load(id).version());
  }
}
