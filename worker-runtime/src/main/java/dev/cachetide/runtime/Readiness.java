package dev.cachetide.runtime;

/**
 * Whether a program makes progress.
 *
 * @param reason why it is not ready, constant text without row values; empty when it is
 */
public record Readiness(boolean ready, String reason) {

  private static final Readiness READY = new Readiness(true, "");

  /** It makes progress, or could if there was anything to do. */
  public static Readiness yes() {
    return READY;
  }

  /** It makes none now. */
  public static Readiness no(String reason) {
    return new Readiness(false, reason);
  }
}
