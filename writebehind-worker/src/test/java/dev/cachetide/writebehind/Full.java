package dev.cachetide.writebehind;

/** How big a test is: short in every build, whole with {@code -Dfull}. */
final class Full {

  private static final boolean FULL = Boolean.getBoolean("full");

  private Full() {}

  static int or(int brief, int full) {
    return FULL ? full : brief;
  }
}
