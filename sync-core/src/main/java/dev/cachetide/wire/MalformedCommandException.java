package dev.cachetide.wire;

/** Bytes that are no write command. The message says why and holds no value of the command. */
public final class MalformedCommandException extends Exception {

  private static final long serialVersionUID = 1L;

  MalformedCommandException(String reason) {
    super(reason);
  }
}
