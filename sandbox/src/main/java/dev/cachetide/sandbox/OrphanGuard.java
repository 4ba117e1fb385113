package dev.cachetide.sandbox;

import java.io.IOException;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Cleans up after this JVM however it ends, {@code kill -9} included.
 *
 * <p>A small shell holds the reading end of a pipe whose only writer is this JVM. When the kernel
 * closes the pipe the JVM is gone, and the shell does its work. That is why the sandbox needs no
 * shutdown hook: hooks run concurrently, so one of ours would stop the servers while the program's
 * own hook still drains into them.
 */
final class OrphanGuard implements AutoCloseable {
  private static final String WHEN_ORPHANED = "read -r released && exit 0; ";
  private static final String STOP_PROCESS =
      "kill -s \"$1\" \"$2\" || exit 0; i=0; while kill -0 \"$2\" && [ $i -lt 50 ]; do sleep 0.1; i=$((i+1)); done; kill -s KILL \"$2\"";
  private static final String DELETE_FOLDER =
      "i=0; while [ -e \"$1\" ] && [ $i -lt 50 ]; do rm -rf -- \"$1\"; sleep 0.2; i=$((i+1)); done";

  private final Process shell;

  private OrphanGuard(Process shell) {
    this.shell = shell;
  }

  /**
   * Once orphaned, sends the signal to the process, and kills it when it has not ended after five
   * seconds.
   */
  static OrphanGuard stopping(long pid, String signal) {
    return start(STOP_PROCESS, signal, Long.toString(pid));
  }

  /** Once orphaned, deletes the folder with all it holds. */
  static OrphanGuard deleting(Path folder) {
    return start(DELETE_FOLDER, folder.toAbsolutePath().toString());
  }

  private static OrphanGuard start(String script, String... arguments) {
    List<String> command = new ArrayList<>(ServerProcess.ownSession());
    command.addAll(List.of("/bin/sh", "-c", WHEN_ORPHANED + script, "sh"));
    command.addAll(List.of(arguments));
    try {
      return new OrphanGuard(
          new ProcessBuilder(command)
              .directory(Path.of("/").toFile())
              .redirectOutput(Redirect.DISCARD)
              .redirectError(Redirect.DISCARD)
              .start());
    } catch (IOException e) {
      throw new SandboxException("could not start the guard against orphans", e);
    }
  }

  /** Releases what was guarded: nothing happens to it any more. */
  @Override
  public void close() {
    try (OutputStream pipe = shell.getOutputStream()) {
      pipe.write("released\n".getBytes(StandardCharsets.US_ASCII));
    } catch (IOException e) {
      // The guard has died, and a dead guard guards nothing.
      shell.destroyForcibly();
    }
  }
}
