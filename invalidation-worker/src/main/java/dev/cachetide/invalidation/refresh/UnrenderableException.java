package dev.cachetide.invalidation.refresh;

/** A value that has no form in the cache; constant text, no values. */
public final class UnrenderableException extends Exception {
  private static final long serialVersionUID = 1L;

  UnrenderableException(String message) {
    super(message, null, false, false);
  }
}
