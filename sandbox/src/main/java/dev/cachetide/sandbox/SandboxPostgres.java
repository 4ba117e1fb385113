package dev.cachetide.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A real Postgres with {@code wal_level=logical} and {@code synchronous_commit=on}, superuser
 * {@code postgres}, any password, on 127.0.0.1 only.
 *
 * <p>Survives {@link #killHard()} and the death of the JVM as it would a crash of the machine's
 * programs, by replaying its WAL. {@code fsync} is off: a power cut may cost data, and its write
 * figures are nobody's to quote.
 */
public final class SandboxPostgres implements SandboxServer {
  private static final Logger log = LoggerFactory.getLogger(SandboxPostgres.class);
  private static final Duration START_LIMIT = Duration.ofSeconds(60);
  private static final Duration STOP_LIMIT = Duration.ofSeconds(20);
  private static final Duration INITDB_LIMIT = Duration.ofSeconds(60);
  private static final int START_ATTEMPTS = 20;

  /** Fast shutdown: sessions are ended, replication is flushed, a checkpoint is written. */
  private static final String FAST_SHUTDOWN = "INT";

  private final Folder folder;
  private final Path data;
  private final Path logFile;
  private final PostmasterFile postmasterFile;
  private final int port;
  private final Map<String, String> settings;
  private final Unprivileged unprivileged;
  private @Nullable ServerProcess process;
  private boolean closed;

  private SandboxPostgres(Builder builder) {
    this.folder = Folder.of(builder.directory, "postgres");
    this.data = folder.path().resolve("data");
    this.logFile = folder.path().resolve("postgres.log");
    this.postmasterFile = new PostmasterFile(data);
    this.port = builder.port == 0 ? FreePorts.next() : builder.port;
    this.settings = new LinkedHashMap<>(defaults());
    this.settings.putAll(builder.settings);
    this.unprivileged = builder.unprivileged;
  }

  /** For a server with other settings than the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Starts a server on the folder, which stays, and continues with the data an earlier server left
   * there.
   *
   * @throws SandboxException when it does not come up
   */
  public static SandboxPostgres start(Path directory) {
    return builder().directory(directory).start();
  }

  @Override
  public String name() {
    return "postgres";
  }

  @Override
  public int port() {
    return port;
  }

  /** Without user and password. */
  public String jdbcUrl() {
    return "jdbc:postgresql://127.0.0.1:" + port + "/postgres";
  }

  /** The superuser. */
  public String user() {
    return "postgres";
  }

  /** Every password is accepted; this one is as good as any. */
  public String password() {
    return "postgres";
  }

  /** A line for a terminal. */
  public String psqlCommand() {
    return "psql \"postgresql://postgres@127.0.0.1:" + port + "/postgres\"";
  }

  /** The folder that holds the cluster ({@code data}) and the server's log. */
  public Path directory() {
    return folder.path();
  }

  /** A new connection, in autocommit mode, for the caller to close. */
  public Connection connect() throws SQLException {
    return DriverManager.getConnection(jdbcUrl(), user(), password());
  }

  @Override
  public synchronized boolean running() {
    return process != null && process.alive();
  }

  @Override
  public synchronized void start() {
    if (closed) {
      throw new SandboxException("postgres is closed");
    }
    if (running()) {
      return;
    }
    try {
      Path programs = PostgresPrograms.folder();
      if (!Files.exists(data.resolve("PG_VERSION"))) {
        initialize(programs);
      }
      unprivileged.own(data);
      postmasterFile.clearLeftovers();
      process = startPostmaster(programs);
    } catch (IOException e) {
      throw new SandboxException("postgres could not be started in " + data, e);
    }
    log.atInfo().addKeyValue("port", port).log("postgres started");
  }

  @Override
  public synchronized void stop() {
    if (process != null) {
      process.stop(FAST_SHUTDOWN, STOP_LIMIT);
      process = null;
      log.atInfo().addKeyValue("port", port).log("postgres stopped");
    }
  }

  /**
   * {@code kill -9} to the postmaster and all its processes; the next start recovers from the WAL.
   */
  public synchronized void killHard() {
    if (process != null) {
      process.killWithChildren();
      process = null;
      log.atInfo().addKeyValue("port", port).log("postgres killed");
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

  private void initialize(Path programs) throws IOException {
    // An initdb that was cut short leaves a folder that initdb refuses.
    Folder.delete(data);
    Files.createDirectory(data);
    unprivileged.own(data);
    List<String> command = new ArrayList<>(unprivileged.prefix());
    command.add(programs.resolve("initdb").toString());
    command.addAll(List.of("--pgdata", data.toString(), "--username", user(), "--auth", "trust"));
    command.addAll(List.of("--encoding", "UTF8", "--locale", "C", "--locale-provider", "builtin"));
    command.addAll(List.of("--builtin-locale", "C.UTF-8", "--no-sync", "--no-instructions"));
    ServerProcess initdb = ServerProcess.start("initdb", command, folder.path(), logFile, "KILL");
    if (initdb.awaitEnd(INITDB_LIMIT) != 0) {
      throw new SandboxException("initdb failed in " + data + ":\n" + initdb.lastWords());
    }
  }

  /**
   * After a kill the shared memory lives until the last killed process is gone, hence more than one
   * attempt.
   */
  private ServerProcess startPostmaster(Path programs) {
    for (int attempt = 1; ; attempt++) {
      ServerProcess started =
          ServerProcess.start(
              "postgres", postmasterCommand(programs), folder.path(), logFile, FAST_SHUTDOWN);
      boolean decided =
          Waiting.until(
              () -> postmasterFile.saysReady(started.pid()) || !started.alive(), START_LIMIT);
      if (decided && started.alive()) {
        return started;
      }
      String lastWords = started.lastWords();
      started.killWithChildren();
      if (!decided || attempt == START_ATTEMPTS) {
        throw new SandboxException("postgres does not start on port " + port + ":\n" + lastWords);
      }
    }
  }

  private List<String> postmasterCommand(Path programs) {
    List<String> command = new ArrayList<>(unprivileged.prefix());
    command.add(programs.resolve("postgres").toString());
    command.addAll(List.of("-D", data.toString(), "-p", Integer.toString(port)));
    settings.forEach((setting, value) -> command.addAll(List.of("-c", setting + "=" + value)));
    return command;
  }

  private static Map<String, String> defaults() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("listen_addresses", "127.0.0.1");
    settings.put("unix_socket_directories", "");
    settings.put("wal_level", "logical");
    settings.put("max_wal_senders", "24");
    settings.put("max_replication_slots", "24");
    settings.put("max_connections", "200");
    settings.put("fsync", "off");
    settings.put("jit", "off");
    settings.put("timezone", "UTC");
    settings.put("log_timezone", "UTC");
    return settings;
  }

  /** Not thread-safe. */
  public static final class Builder {
    private final Map<String, String> settings = new LinkedHashMap<>();
    private @Nullable Path directory;
    private int port;
    private Unprivileged unprivileged = Unprivileged.here();

    private Builder() {}

    /** The folder for the data, which stays; default a temporary one. */
    public Builder directory(Path directory) {
      this.directory = directory;
      return this;
    }

    /** Default a free one. */
    public Builder port(int port) {
      this.port = port;
      return this;
    }

    /**
     * A setting of {@code postgresql.conf}. It is given on the command line, which {@code ALTER
     * SYSTEM} cannot override.
     */
    public Builder setting(String name, String value) {
      settings.put(name, value);
      return this;
    }

    Builder unprivileged(Unprivileged how) {
      this.unprivileged = how;
      return this;
    }

    /**
     * Starts the server and returns when it accepts connections.
     *
     * @throws SandboxException when it does not come up
     */
    public SandboxPostgres start() {
      SandboxPostgres postgres = new SandboxPostgres(this);
      try {
        postgres.start();
        return postgres;
      } catch (RuntimeException e) {
        postgres.close();
        throw e;
      }
    }
  }
}
