package dev.cachetide.system;

/** How big a test is: short in every build, whole with {@code -Dfull}. */
public final class Scale {

  private static final boolean FULL = Boolean.getBoolean("full");

  private Scale() {}

  public static int of(int brief, int full) {
    return FULL ? full : brief;
  }
}
