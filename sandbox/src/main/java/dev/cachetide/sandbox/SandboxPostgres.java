package dev.cachetide.sandbox;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.LinkedHashMap;
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

  private final Folder folder;
  private final Host host;
  private final int port;
  private boolean closed;

  private SandboxPostgres(Builder builder) {
    this.folder = Folder.of(builder.directory, "postgres");
    this.port = builder.port == 0 ? FreePorts.next() : builder.port;
    this.host = builder.host(folder.path(), port);
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
    return PostgresCluster.SUPERUSER;
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
    return host.running();
  }

  @Override
  public synchronized void start() {
    if (closed) {
      throw new SandboxException("postgres is closed");
    }
    if (running()) {
      return;
    }
    host.start();
    log.atInfo().addKeyValue("port", port).log("postgres started");
  }

  @Override
  public synchronized void stop() {
    if (host.running()) {
      host.stop();
      log.atInfo().addKeyValue("port", port).log("postgres stopped");
    }
  }

  /**
   * {@code kill -9} to the postmaster and all its processes; the next start recovers from the WAL.
   */
  public synchronized void killHard() {
    if (host.running()) {
      host.killHard();
      log.atInfo().addKeyValue("port", port).log("postgres killed");
    }
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      stop();
      host.discard();
      folder.close();
    }
  }

  /** Not thread-safe. */
  public static final class Builder {
    private final Map<String, String> settings = new LinkedHashMap<>();
    private @Nullable Path directory;
    private @Nullable Path programs;
    private int port;
    private @Nullable PostgresTls tls;
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

    /** The folder with {@code initdb} and {@code postgres}; default the embedded ones. */
    public Builder programs(Path programs) {
      this.programs = programs;
      return this;
    }

    /**
     * Speaks TLS, showing what an authority has issued. The superuser stays as it is; everybody
     * else has to come over TLS and prove a password by SCRAM-SHA-256.
     */
    public Builder tls(Certificates.Issued shown) {
      tls = new PostgresTls(shown);
      settings.put("ssl", "on");
      return this;
    }

    Builder unprivileged(Unprivileged how) {
      this.unprivileged = how;
      return this;
    }

    /** In a container unless it was asked for what only a process of this machine can give. */
    private Host host(Path folder, int port) {
      if (ServerMode.containers() && directory == null && programs == null && tls == null) {
        return Containers.postgres(port, settings);
      }
      return new PostgresProcess(
          new PostgresCluster(folder, port, settings, programs, tls, unprivileged));
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
