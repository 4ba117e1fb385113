package dev.cachetide.internal.fenced;

import java.util.Random;

/** Where the randomness of a test begins: given with {@code -Dseed=}, or new each time. */
final class Seeds {

  private Seeds() {}

  static long first() {
    return Long.getLong("seed", System.nanoTime() & 0x7FFF_FFFFL);
  }

  static byte[] bytes(Random random, int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }
}
