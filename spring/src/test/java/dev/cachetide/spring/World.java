package dev.cachetide.spring;

import static org.awaitility.Awaitility.await;

import dev.cachetide.Cachetide;
import java.util.ArrayList;
import java.util.List;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.cache.CacheManager;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;

/** An application with {@link Users} on a Redis. */
final class World implements AutoCloseable {

  private final ConfigurableApplicationContext context;

  private World(ConfigurableApplicationContext context) {
    this.context = context;
  }

  /** Returns when its client is connected, unless there is nothing to connect to. */
  static World on(String redis, Class<?>... more) {
    List<Class<?>> sources = new ArrayList<>(List.of(more));
    sources.add(Application.class);
    World world =
        new World(
            new SpringApplicationBuilder(sources.toArray(Class<?>[]::new))
                .properties(
                    "spring.main.banner-mode=off",
                    "logging.level.root=warn",
                    "cachetide.redis.url=" + redis,
                    "cachetide.caches.user.type=java.lang.String",
                    "cachetide.caches.copy.type=java.lang.String",
                    "cachetide.caches.fleeting.type=java.lang.String",
                    "cachetide.caches.fleeting.null-ttl=0s",
                    "cachetide.caches.computed.type=java.lang.String",
                    "cachetide.caches.computed.put=store")
                .run());
    if (!redis.endsWith(":1")) {
      await().until(world.client()::trusted);
    }
    return world;
  }

  Users users() {
    return context.getBean(Users.class);
  }

  /** The rows and hooks of the bean behind the proxy. */
  Users rows() {
    return context.getBean("target", Holder.class).users();
  }

  Cachetide client() {
    return context.getBean(Cachetide.class);
  }

  org.springframework.cache.Cache cache(String name) {
    return context.getBean(CacheManager.class).getCache(name);
  }

  /** The same cache without Spring. */
  @SuppressWarnings("unchecked")
  dev.cachetide.Cache<Object, Object> fenced(String name) {
    return (dev.cachetide.Cache<Object, Object>) cache(name).getNativeCache();
  }

  @Override
  public void close() {
    context.close();
  }

  record Holder(Users users) {}

  /** What an application is made of. */
  @SpringBootConfiguration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @EnableCaching
  static class Application {

    @Bean
    Holder target() {
      return new Holder(new Users());
    }

    @Bean
    Users users(Holder target) {
      return target.users();
    }
  }

  /** The same with a manager that only passes get and put on. */
  @SuppressWarnings("unused")
  static class Naive {

    @Bean
    CacheManager naive(Cachetide client) {
      return new NaiveCacheManager(client);
    }
  }
}
