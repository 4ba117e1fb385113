package dev.cachetide.spring;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/** {@code /actuator/health/cachetide}. */
@AutoConfiguration(after = CachetideAutoConfiguration.class)
@ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
@ConditionalOnBean(CachetideCacheManager.class)
@ConditionalOnEnabledHealthIndicator("cachetide")
public final class CachetideHealthAutoConfiguration {

  /** Made by Spring. */
  public CachetideHealthAutoConfiguration() {}

  @Bean
  @ConditionalOnMissingBean(name = "cachetideHealthIndicator")
  HealthIndicator cachetideHealthIndicator(CachetideCacheManager manager) {
    return new ClientHealth(manager.client()::state);
  }
}
