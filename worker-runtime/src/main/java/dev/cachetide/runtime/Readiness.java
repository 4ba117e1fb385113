package dev.cachetide.runtime;

/**
 * Whether a program makes progress.
 *
 * @param reason why it is not ready, constant text without row values; when it is, empty or what is
 *     not looked at
 */
public record Readiness(boolean ready, String reason) {

  private static final Readiness READY = new Readiness(true, "");

  /** It makes progress, or could if there was anything to do. */
  public static Readiness yes() {
    return READY;
  }

  /** It makes progress, with something to say of how far that is known. */
  public static Readiness yes(String remark) {
    return new Readiness(true, remark);
  }

  /** It makes none now. */
  public static Readiness no(String reason) {
    return new Readiness(false, reason);
  }
}
