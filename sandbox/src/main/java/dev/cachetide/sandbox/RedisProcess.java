package dev.cachetide.sandbox;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The redis-server program, run again and again on one configuration file and one port. All methods
 * are safe to call from any thread.
 */
final class RedisProcess {
  private static final Logger log = LoggerFactory.getLogger(RedisProcess.class);
  private static final Duration START_LIMIT = Duration.ofSeconds(20);
  private static final Duration STOP_LIMIT = Duration.ofSeconds(10);

  private final String name;
  private final int port;
  private final Path folder;
  private final List<String> arguments;
  private @Nullable ServerProcess process;

  /** The arguments begin with the configuration file's name. */
  RedisProcess(String name, int port, Path folder, String... arguments) {
    this.name = name;
    this.port = port;
    this.folder = folder;
    this.arguments = List.of(arguments);
  }

  synchronized boolean running() {
    return process != null && process.alive();
  }

  /** Returns when the server is ready; it must not be running. */
  synchronized void start(BooleanSupplier ready) {
    List<String> command = new ArrayList<>(List.of(RedisProgram.path().toString()));
    command.addAll(arguments);
    ServerProcess started =
        ServerProcess.start(name, command, folder, folder.resolve(name + ".log"), "TERM");
    boolean decided = Waiting.until(() -> ready.getAsBoolean() || !started.alive(), START_LIMIT);
    if (!decided || !started.alive()) {
      started.killHard();
      throw new SandboxException(
          name + " does not start on port " + port + ":\n" + started.lastWords());
    }
    process = started;
    log.atInfo().addKeyValue("server", name).addKeyValue("port", port).log("redis started");
  }

  synchronized void stop() {
    if (process != null) {
      // A suspended process would not hear that it should stop.
      Signals.send(process.pid(), "CONT");
      process.stop("TERM", STOP_LIMIT);
      process = null;
      log.atInfo().addKeyValue("server", name).addKeyValue("port", port).log("redis stopped");
    }
  }

  synchronized void killHard() {
    if (process != null) {
      process.killHard();
      process = null;
      log.atInfo().addKeyValue("server", name).addKeyValue("port", port).log("redis killed");
    }
  }

  synchronized void suspend() {
    if (process != null) {
      Signals.send(process.pid(), "STOP");
    }
  }

  synchronized void resume() {
    if (process != null) {
      Signals.send(process.pid(), "CONT");
    }
  }
}
