package dev.cachetide.examples;

/** Something that the tour shows did not happen as promised. */
final class CheckFailed extends Exception {
  private static final long serialVersionUID = 1L;

  CheckFailed(String message) {
    super(message);
  }

  /** Throws unless something holds. */
  static void unless(boolean holds, String otherwise) throws CheckFailed {
    if (!holds) {
      throw new CheckFailed(otherwise);
    }
  }
}
