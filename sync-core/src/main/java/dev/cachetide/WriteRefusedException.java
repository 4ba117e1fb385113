package dev.cachetide;

/**
 * Kafka did not accept a write, so the cache was left as it was. After a timeout the write may have
 * been accepted all the same: it then appears once it is applied.
 */
public final class WriteRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Wraps what kafka-clients said. */
  public WriteRefusedException(Throwable cause) {
    super("Kafka did not accept the write", cause);
  }
}
