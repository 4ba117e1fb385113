package dev.cachetide.sandbox;

import java.io.IOException;

/** Asks a Redis whether it serves; while it loads its dump it does not. */
final class RedisPing {
  private RedisPing() {}

  static boolean answers(int port) {
    try (RedisConnection connection = RedisConnection.open(port)) {
      return connection.ask("PING").contains("PONG");
    } catch (IOException e) {
      // Not listening yet: the caller asks again until its limit.
      return false;
    }
  }
}
