package dev.cachetide.runtime;

/** How a program ended. */
public enum ExitStatus {
  /** It was asked to, and left nothing behind that a restart does not pick up. */
  STOPPED,
  /** It met something that no retry in this process can help; the log says what. */
  FAILED
}
