package dev.cachetide.sandbox;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;

/**
 * POSIX signals to a process by its id. The shell's own {@code kill} is used because the program
 * may not be installed.
 */
final class Signals {
  private Signals() {}

  /** Delivers the signal; a process that is already gone is left in peace. */
  static void send(long pid, String signal) {
    try {
      new ProcessBuilder("/bin/sh", "-c", "kill -s \"$1\" \"$2\"", "sh", signal, Long.toString(pid))
          .redirectErrorStream(true)
          .redirectOutput(Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException e) {
      throw new SandboxException("could not send " + signal + " to process " + pid, e);
    } catch (InterruptedException e) {
      // The shell was started and delivers the signal without us.
      Thread.currentThread().interrupt();
    }
  }
}
