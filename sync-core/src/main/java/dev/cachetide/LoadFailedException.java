package dev.cachetide;

/** A loader failed with a checked exception, its cause, or did not answer in time. */
public final class LoadFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Wraps a loader's checked exception. */
  public LoadFailedException(Throwable cause) {
    super("the loader failed", cause);
  }

  /** Says why nothing was loaded. */
  public LoadFailedException(String message) {
    super(message);
  }
}
