package dev.cachetide.spring;

import dev.cachetide.CacheMeters;
import dev.cachetide.Cachetide;
import dev.cachetide.ClientState;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.function.Predicate;
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
      Cachetide client = manager.client();
      gauge(registry, client, "connected", "a connection to Redis", ClientState::connected);
      gauge(registry, client, "heard", "workers heard lately", ClientState::heard);
      gauge(registry, client, "trusted", "reads that may believe Redis", ClientState::trusted);
    };
  }

  private static void gauge(
      MeterRegistry registry,
      Cachetide client,
      String name,
      String what,
      Predicate<ClientState> holds) {
    Gauge.builder("cachetide.client." + name, client, it -> holds.test(it.state()) ? 1 : 0)
        .description("1 with " + what + ", else 0")
        .register(registry);
  }
}
