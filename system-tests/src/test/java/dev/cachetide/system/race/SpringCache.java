package dev.cachetide.system.race;

import dev.cachetide.Cachetide;
import dev.cachetide.spring.CachetideAutoConfiguration;
import java.util.Map;
import java.util.OptionalLong;
import org.awaitility.Awaitility;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.cache.Cache;
import org.springframework.cache.CacheManager;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;

/** A Spring Boot application whose reads go through {@code @Cacheable}. */
final class SpringCache implements CacheUnderTest {

  static {
    // others log in this process too, by the configuration that they found
    System.setProperty(LoggingSystem.SYSTEM_PROPERTY, LoggingSystem.NONE);
  }

  private final ConfigurableApplicationContext context;
  private final HotRowsBean rows;
  private final Cache cache;
  private final boolean sync;

  private SpringCache(String redisUri, RacePipeline pipeline, boolean sync, Class<?>... sources) {
    this.sync = sync;
    context =
        new SpringApplicationBuilder(sources)
            .properties(
                Map.of(
                    "spring.main.banner-mode",
                    "off",
                    "spring.main.register-shutdown-hook",
                    false,
                    "cachetide.redis.url",
                    redisUri,
                    "cachetide.pipeline",
                    pipeline.names.pipeline(),
                    "cachetide.caches.hot.type",
                    "java.lang.String",
                    "cachetide.caches.hot.key",
                    RacePipeline.PREFIX + "{id}"))
            .run();
    rows = context.getBean(HotRowsBean.class);
    cache = context.getBean(CacheManager.class).getCache("hot");
    Awaitility.await("the client to hear the worker")
        .until(context.getBean(Cachetide.class)::trusted);
  }

  /** By the starter: a read, the method, a put. */
  static SpringCache plain(String redisUri, RacePipeline pipeline) {
    return new SpringCache(redisUri, pipeline, false, Application.class);
  }

  /** By the starter, with {@code sync = true}. */
  static SpringCache inSync(String redisUri, RacePipeline pipeline) {
    return new SpringCache(redisUri, pipeline, true, Application.class);
  }

  /** By a manager that passes get and put on to the same cache. */
  static SpringCache naive(String redisUri, RacePipeline pipeline) {
    return new SpringCache(redisUri, pipeline, false, Application.class, Naive.class);
  }

  @Override
  public long read(int id, Loader loader) {
    return Long.parseLong(sync ? rows.versionInSync(id, loader) : rows.version(id, loader));
  }

  @Override
  public OptionalLong cached(int id) {
    Cache.ValueWrapper found = cache.get(id);
    return found == null
        ? OptionalLong.empty()
        : OptionalLong.of(Long.parseLong((String) found.get()));
  }

  @Override
  public void close() {
    context.close();
  }

  @SpringBootConfiguration(proxyBeanMethods = false)
  @ImportAutoConfiguration(CachetideAutoConfiguration.class)
  @EnableCaching
  static class Application {

    @Bean
    HotRowsBean hotRows() {
      return new HotRowsBean();
    }
  }

  static class Naive {

    @Bean
    CacheManager naive(Cachetide client) {
      return new NaiveCacheManager(client, RacePipeline.PREFIX);
    }
  }
}
