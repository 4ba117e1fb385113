package dev.cachetide.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** {@code postmaster.pid} of a data folder: who runs on it and whether it accepts connections. */
final class PostmasterFile {
  private static final int LINE_OF_STATUS = 7;
  private static final Duration ORDERLY_LIMIT = Duration.ofSeconds(10);
  private static final Duration KILL_LIMIT = Duration.ofSeconds(5);

  private final Path file;

  PostmasterFile(Path data) {
    this.file = data.resolve("postmaster.pid");
  }

  /** Whether the given postmaster has written that it accepts connections. */
  boolean saysReady(long pid) {
    List<String> lines = lines();
    return lines.size() > LINE_OF_STATUS
        && lines.get(0).equals(Long.toString(pid))
        && lines.get(LINE_OF_STATUS).strip().equals("ready");
  }

  /**
   * Makes the data folder free. A postmaster that an earlier JVM left behind is stopped. A file
   * whose process is something else, or nothing, is removed: Postgres would refuse to start for a
   * process id that has been reused.
   */
  void clearLeftovers() {
    leftover().ifPresent(PostmasterFile::end);
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new SandboxException("postgres: stale " + file + " could not be removed", e);
    }
  }

  private Optional<ProcessHandle> leftover() {
    List<String> lines = lines();
    if (lines.isEmpty() || !lines.get(0).matches("\\d{1,18}")) {
      return Optional.empty();
    }
    return ProcessHandle.of(Long.parseLong(lines.get(0))).filter(PostmasterFile::runsPostgres);
  }

  /**
   * A process that has ended and that nobody has reaped counts as alive, but has no program any
   * more.
   */
  private static boolean runsPostgres(ProcessHandle process) {
    return process.info().command().map(c -> c.endsWith("/postgres")).orElse(false);
  }

  private static void end(ProcessHandle postmaster) {
    Signals.send(postmaster.pid(), "INT");
    if (Waiting.until(() -> !runsPostgres(postmaster), ORDERLY_LIMIT)) {
      return;
    }
    Signals.send(postmaster.pid(), "KILL");
    if (!Waiting.until(() -> !runsPostgres(postmaster), KILL_LIMIT)) {
      throw new SandboxException(
          "postgres process " + postmaster.pid() + " of an earlier run does not end");
    }
  }

  private List<String> lines() {
    try {
      return Files.readAllLines(file);
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw new SandboxException("postgres: " + file + " is unreadable", e);
    }
  }
}
