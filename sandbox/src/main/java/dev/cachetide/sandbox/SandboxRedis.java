package dev.cachetide.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.embedded.RedisExecProvider;

/**
 * A real Redis 7.0 on 127.0.0.1 only, without password.
 *
 * <p>It keeps nothing on disk, so a start after a stop finds it empty, unless it was built
 * {@linkplain Builder#persistent() persistent}: then an orderly stop writes the dump and a start
 * reads it.
 */
public final class SandboxRedis implements SandboxServer {
  private static final Logger log = LoggerFactory.getLogger(SandboxRedis.class);
  private static final String PROGRAM = "redis-server";
  private static final Duration START_LIMIT = Duration.ofSeconds(20);
  private static final Duration STOP_LIMIT = Duration.ofSeconds(10);

  private final Folder folder;
  private final Path logFile;
  private final int port;
  private final boolean persistent;
  private @Nullable ServerProcess process;
  private boolean closed;

  private SandboxRedis(Builder builder) {
    this.folder = Folder.of(builder.directory, "redis");
    this.logFile = folder.path().resolve("redis.log");
    this.port = builder.port == 0 ? FreePorts.next() : builder.port;
    this.persistent = builder.persistent;
  }

  /** For a server with other settings than the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Starts a server that keeps a dump in the folder.
   *
   * @throws SandboxException when it does not come up
   */
  public static SandboxRedis start(Path directory) {
    return builder().directory(directory).persistent().start();
  }

  @Override
  public String name() {
    return "redis";
  }

  @Override
  public int port() {
    return port;
  }

  /** {@code redis://127.0.0.1:port}. */
  public String uri() {
    return "redis://127.0.0.1:" + port;
  }

  /** A line for a terminal. */
  public String redisCliCommand() {
    return "redis-cli -h 127.0.0.1 -p " + port;
  }

  @Override
  public synchronized boolean running() {
    return process != null && process.alive();
  }

  @Override
  public synchronized void start() {
    if (closed) {
      throw new SandboxException("redis is closed");
    }
    if (running()) {
      return;
    }
    ServerProcess started =
        ServerProcess.start("redis", command(program()), folder.path(), logFile, "TERM");
    boolean decided = Waiting.until(() -> RedisPing.answers(port) || !started.alive(), START_LIMIT);
    if (!decided || !started.alive()) {
      started.killHard();
      throw new SandboxException(
          "redis does not start on port " + port + ":\n" + started.lastWords());
    }
    process = started;
    log.atInfo().addKeyValue("port", port).log("redis started");
  }

  @Override
  public synchronized void stop() {
    if (process != null) {
      // A suspended process would not hear that it should stop.
      Signals.send(process.pid(), "CONT");
      process.stop("TERM", STOP_LIMIT);
      process = null;
      log.atInfo().addKeyValue("port", port).log("redis stopped");
    }
  }

  /** {@code kill -9}: what was not in the dump is gone. */
  public synchronized void killHard() {
    if (process != null) {
      process.killHard();
      process = null;
      log.atInfo().addKeyValue("port", port).log("redis killed");
    }
  }

  /** Freezes the server: connections stay open and nothing answers. */
  public synchronized void suspend() {
    if (process != null) {
      Signals.send(process.pid(), "STOP");
    }
  }

  /** Ends {@link #suspend()}. */
  public synchronized void resume() {
    if (process != null) {
      Signals.send(process.pid(), "CONT");
    }
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      stop();
      folder.close();
    }
  }

  private static Path program() {
    try {
      // The library's own copy in a temporary folder is removed only when the JVM ends in order.
      Path unpacked = RedisExecProvider.defaultProvider().get().toPath();
      return Programs.unpacked(
              "redis",
              () -> Files.newInputStream(unpacked),
              (stream, into) -> {
                Path program = into.resolve(PROGRAM);
                Files.copy(stream, program);
                Files.setPosixFilePermissions(program, Programs.PROGRAM_PERMISSIONS);
              })
          .resolve(PROGRAM);
    } catch (IOException e) {
      throw new SandboxException("the redis program could not be unpacked", e);
    }
  }

  private List<String> command(Path program) {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of("--bind", "127.0.0.1", "--port", Integer.toString(port)));
    command.addAll(List.of("--dir", folder.path().toString(), "--daemonize", "no"));
    command.addAll(List.of("--save", persistent ? "60 1" : "", "--appendonly", "no"));
    return command;
  }

  /** Not thread-safe. */
  public static final class Builder {
    private @Nullable Path directory;
    private int port;
    private boolean persistent;

    private Builder() {}

    /** The folder for log and dump, which stays; default a temporary one. */
    public Builder directory(Path directory) {
      this.directory = directory;
      return this;
    }

    /** Default a free one. */
    public Builder port(int port) {
      this.port = port;
      return this;
    }

    /** Writes a dump on an orderly stop and reads it on start; default neither. */
    public Builder persistent() {
      this.persistent = true;
      return this;
    }

    /**
     * Starts the server and returns when it answers.
     *
     * @throws SandboxException when it does not come up
     */
    public SandboxRedis start() {
      SandboxRedis redis = new SandboxRedis(this);
      try {
        redis.start();
        return redis;
      } catch (RuntimeException e) {
        redis.close();
        throw e;
      }
    }
  }
}
