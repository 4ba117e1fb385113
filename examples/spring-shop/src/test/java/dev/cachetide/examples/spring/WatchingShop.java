package dev.cachetide.examples.spring;

import dev.cachetide.spring.CachetideCacheManager;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * The application in a process of its own, which reads one user over and over through the
 * repository and says when what it reads is another than before.
 */
final class WatchingShop {

  private WatchingShop() {}

  /** The arguments are Spring Boot's; runs until it is ended. */
  public static void main(String[] arguments) {
    ConfigurableApplicationContext shop = SpringApplication.run(SpringShop.class, arguments);
    UserRepository users = shop.getBean(UserRepository.class);
    CachetideCacheManager caches = shop.getBean(CachetideCacheManager.class);
    String before = "";
    while (true) {
      User user = users.byId(1);
      if (user != null && !user.name().equals(before)) {
        before = user.name();
        System.out.println("saw " + before + " at " + micros() + " " + nearHits(caches));
      }
      LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(500));
    }
  }

  /** Of the clock that all processes of a machine share. */
  static long micros() {
    return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
  }

  private static long nearHits(CachetideCacheManager caches) {
    Object user = caches.getCache("user").getNativeCache();
    return ((dev.cachetide.Cache<?, ?>) user).stats().nearHits();
  }
}
