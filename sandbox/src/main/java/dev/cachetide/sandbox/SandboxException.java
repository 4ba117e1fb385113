package dev.cachetide.sandbox;

import java.io.Serial;

/** A server, proxy or child JVM of the sandbox did not do what was asked; the message names it. */
public final class SandboxException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  public SandboxException(String message) {
    super(message);
  }

  public SandboxException(String message, Throwable cause) {
    super(message, cause);
  }
}
