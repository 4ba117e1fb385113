package dev.cachetide.sandbox;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A server in a process of its own, in a session of its own so that Ctrl-C in a terminal reaches
 * only this JVM, and under an {@link OrphanGuard} so that it never outlives this JVM.
 */
final class ServerProcess {
  /**
   * Held while a program is written to disk and while one is started. A process forked in between
   * would inherit the descriptor that is open for writing, and starting the new program would fail
   * with "text file busy".
   */
  static final ReentrantLock EXECUTABLES = new ReentrantLock();

  private static final Duration KILL_LIMIT = Duration.ofSeconds(10);
  private static final int LOG_LINES_SHOWN = 15;
  private static final List<String> OWN_SESSION =
      Files.isExecutable(Path.of("/usr/bin/setsid")) ? List.of("/usr/bin/setsid") : List.of();

  private final String name;
  private final Process process;
  private final Path log;
  private final OrphanGuard guard;

  private ServerProcess(String name, Process process, Path log, OrphanGuard guard) {
    this.name = name;
    this.process = process;
    this.log = log;
    this.guard = guard;
  }

  /**
   * The words that, before a command, give it a session of its own; none where the system has no
   * such program.
   */
  static List<String> ownSession() {
    return OWN_SESSION;
  }

  /**
   * Starts the command in the folder, its output appended to the log; the guard would stop it by
   * the signal.
   */
  static ServerProcess start(
      String name, List<String> command, Path folder, Path log, String stopSignal) {
    List<String> inOwnSession = new ArrayList<>(OWN_SESSION);
    inOwnSession.addAll(command);
    EXECUTABLES.lock();
    try {
      Process process =
          new ProcessBuilder(inOwnSession)
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectOutput(Redirect.appendTo(log.toFile()))
              .start();
      process.getOutputStream().close();
      return new ServerProcess(name, process, log, OrphanGuard.stopping(process.pid(), stopSignal));
    } catch (IOException e) {
      throw new SandboxException(name + " could not be started", e);
    } finally {
      EXECUTABLES.unlock();
    }
  }

  long pid() {
    return process.pid();
  }

  boolean alive() {
    return process.isAlive();
  }

  /**
   * Waits for the end and returns the exit code; kills the process when it takes longer than the
   * limit.
   */
  int awaitEnd(Duration limit) {
    try {
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        killHard();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new SandboxException("interrupted while waiting for " + name + " to end", e);
    } finally {
      guard.close();
    }
    return process.exitValue();
  }

  /**
   * Asks the process to stop by the signal, and kills it when it has not ended within the limit.
   */
  void stop(String signal, Duration limit) {
    Signals.send(pid(), signal);
    awaitEnd(limit);
  }

  /** SIGKILL to the process and to every child it has at this moment. */
  void killHard() {
    List<ProcessHandle> children = process.descendants().toList();
    process.destroyForcibly();
    children.forEach(ProcessHandle::destroyForcibly);
    if (!Waiting.until(() -> !process.isAlive(), KILL_LIMIT)) {
      throw new SandboxException(name + " (process " + pid() + ") survived SIGKILL");
    }
    guard.close();
  }

  /** The last lines the server wrote, for the message of a failure. */
  String lastWords() {
    try {
      List<String> lines =
          new String(Files.readAllBytes(log), StandardCharsets.UTF_8).lines().toList();
      return String.join(
          "\n", lines.subList(Math.max(0, lines.size() - LOG_LINES_SHOWN), lines.size()));
    } catch (IOException e) {
      return "(no log: " + e + ")";
    }
  }
}
