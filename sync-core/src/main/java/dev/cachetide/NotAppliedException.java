package dev.cachetide;

/** A read wanted nothing older than a write, and the write was not decided within the limit. */
public final class NotAppliedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Says which write. */
  public NotAppliedException(String ticket) {
    super("the write " + ticket + " is neither shown by the cache nor decided yet");
  }
}
