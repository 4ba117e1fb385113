package dev.cachetide.runtime.settings;

import java.time.Duration;

/**
 * How to reach Redis.
 *
 * @param url {@code redis://} or {@code rediss://}, with user and password where needed
 * @param timeout default 2 s; the longest that one command may stay unanswered
 */
public record RedisSettings(String url, Duration timeout) {

  /** Does not show the address: it may hold a password. */
  @Override
  public String toString() {
    return "RedisSettings[timeout=" + timeout + "]";
  }
}
