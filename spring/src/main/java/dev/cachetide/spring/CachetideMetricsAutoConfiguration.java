package dev.cachetide.spring;

import dev.cachetide.CacheMeters;
import dev.cachetide.ClientMeters;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;

/** The meters of all caches and of the client, which Spring Boot binds to its registry. */
@AutoConfiguration(after = CachetideAutoConfiguration.class)
@ConditionalOnClass(MeterBinder.class)
@ConditionalOnBean(CachetideCacheManager.class)
public final class CachetideMetricsAutoConfiguration {

  /** Made by Spring. */
  public CachetideMetricsAutoConfiguration() {}

  @Bean
  MeterBinder cachetideMeters(CachetideCacheManager manager) {
    return registry -> {
      manager.caches().forEach(each -> new CacheMeters(each.getNativeCache()).bindTo(registry));
      new ClientMeters(manager.client()).bindTo(registry);
    };
  }
}
