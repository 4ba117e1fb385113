package dev.cachetide.spring;

import dev.cachetide.Cachetide;
import dev.cachetide.Codec;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.cache.autoconfigure.CacheAutoConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.cache.CacheManager;
import org.springframework.context.annotation.Bean;
import org.springframework.core.io.ResourceLoader;
import org.springframework.util.ClassUtils;

/** The client and the cache manager, by the properties {@code cachetide.*}. */
@AutoConfiguration(before = CacheAutoConfiguration.class)
@ConditionalOnBooleanProperty(name = "cachetide.enabled", matchIfMissing = true)
@EnableConfigurationProperties(CachetideProperties.class)
public final class CachetideAutoConfiguration {

  /** Made by Spring. */
  public CachetideAutoConfiguration() {}

  @Bean
  static FencedAdvisors cachetideAdvisors() {
    return new FencedAdvisors();
  }

  @Bean(destroyMethod = "close")
  @ConditionalOnMissingBean
  Cachetide cachetide(
      CachetideProperties properties, ObjectProvider<CachetideClientCustomizer> customizers) {
    return Clients.open(properties, customizers.orderedStream().toList());
  }

  @Bean
  @ConditionalOnMissingBean(CacheManager.class)
  CachetideCacheManager cacheManager(
      Cachetide client,
      CachetideProperties properties,
      ListableBeanFactory beans,
      ObjectProvider<CachetideCacheCustomizer> customizers,
      ResourceLoader resources) {
    Caches caches =
        new Caches(
            client,
            properties.pipeline() != null,
            codecs(beans),
            customizers.orderedStream().toList(),
            loader(resources.getClassLoader()));
    return new CachetideCacheManager(client, caches.of(properties.caches()));
  }

  private static Map<String, Codec<?>> codecs(ListableBeanFactory beans) {
    Map<String, Codec<?>> codecs = new LinkedHashMap<>();
    beans.getBeansOfType(Codec.class).forEach(codecs::put);
    return codecs;
  }

  private static ClassLoader loader(@Nullable ClassLoader loader) {
    ClassLoader any = loader == null ? ClassUtils.getDefaultClassLoader() : loader;
    return any == null ? CachetideAutoConfiguration.class.getClassLoader() : any;
  }
}
