package dev.cachetide.sandbox;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
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
  private final CompletableFuture<Void> ended;

  private ServerProcess(String name, Process process, Path log, CompletableFuture<Void> ended) {
    this.name = name;
    this.process = process;
    this.log = log;
    this.ended = ended;
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
    return start(name, command, Map.of(), folder, log, stopSignal);
  }

  /** The same with variables in addition to this JVM's environment. */
  static ServerProcess start(
      String name,
      List<String> command,
      Map<String, String> environment,
      Path folder,
      Path log,
      String stopSignal) {
    List<String> inOwnSession = new ArrayList<>(OWN_SESSION);
    inOwnSession.addAll(command);
    EXECUTABLES.lock();
    try {
      ProcessBuilder builder =
          new ProcessBuilder(inOwnSession)
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectOutput(Redirect.appendTo(log.toFile()));
      builder.environment().putAll(environment);
      Process process = builder.start();
      process.getOutputStream().close();
      OrphanGuard guard = OrphanGuard.stopping(process.pid(), stopSignal);
      // A guard that outlived its process could one day stop another one with the same id.
      return new ServerProcess(name, process, log, process.onExit().thenRun(guard::close));
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
    endsWithin(limit);
    if (process.isAlive()) {
      killHard();
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

  /** SIGKILL to the process alone, and waits until it has taken effect. */
  void killHard() {
    process.destroyForcibly();
    endsWithin(KILL_LIMIT);
    if (process.isAlive()) {
      throw new SandboxException(name + " (process " + pid() + ") survived SIGKILL");
    }
  }

  /** SIGKILL to the process first and then to every child it had. */
  void killWithChildren() {
    List<ProcessHandle> children = process.descendants().toList();
    killHard();
    children.forEach(ProcessHandle::destroyForcibly);
  }

  /**
   * Not interruptible: a server whose end nobody awaited could still hold its port and its data.
   */
  private void endsWithin(Duration limit) {
    ended.copy().completeOnTimeout(null, limit.toMillis(), TimeUnit.MILLISECONDS).join();
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
