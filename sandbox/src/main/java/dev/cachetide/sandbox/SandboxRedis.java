package dev.cachetide.sandbox;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A real Redis 7.0 on 127.0.0.1 only, without password unless it was built with one.
 *
 * <p>It keeps nothing on disk, so a start after a stop finds it empty, unless it was built
 * {@linkplain Builder#persistent() persistent}: then an orderly stop writes the dump and a start
 * reads it.
 */
public final class SandboxRedis implements SandboxServer {
  private static final String NAME = "redis";
  private static final String CONFIGURATION = "redis.conf";
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(1);
  private static final Duration SAVE_LIMIT = Duration.ofSeconds(30);

  private final Folder folder;
  private final int port;
  private final RedisAccess access;
  private final RedisDump dump;
  private final @Nullable RedisTls tls;
  private final Host process;
  private boolean closed;

  private SandboxRedis(Builder builder) {
    this.folder = Folder.of(builder.directory, NAME);
    this.port = builder.port == 0 ? FreePorts.next() : builder.port;
    this.access = builder.access;
    this.dump = new RedisDump(folder.path(), builder.persistent);
    this.tls = builder.tls == null ? null : builder.tls.apply(folder.path());
    this.process = host(builder);
  }

  /** In a container unless it was asked for what only a process of this machine can give. */
  private Host host(Builder builder) {
    if (ServerMode.containers() && builder.plain()) {
      return Containers.redis(port);
    }
    Path configuration = folder.path().resolve(CONFIGURATION);
    configuration(builder).writeTo(configuration);
    return new RedisHost(
        new RedisProcess(NAME, port, folder.path(), configuration.toString()), this::answers);
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
    return NAME;
  }

  @Override
  public int port() {
    return port;
  }

  /** {@code redis://127.0.0.1:port}, with the default user's password if it was given one. */
  public String uri() {
    return "redis://" + access.inUri() + "127.0.0.1:" + port;
  }

  /**
   * The same for a user the server was {@linkplain Builder#user built with}.
   *
   * @throws IllegalArgumentException when there is no such user
   */
  public String uri(String user) {
    return "redis://" + access.inUri(user) + "127.0.0.1:" + port;
  }

  /**
   * As {@link #uri()}, over TLS; what to trust is the {@link #certificate()}.
   *
   * @throws IllegalStateException when it was built without {@linkplain Builder#tls() TLS}
   */
  public String tlsUri() {
    return "rediss://" + access.inUri() + "127.0.0.1:" + tls().port();
  }

  /** The port on which only TLS is spoken. */
  public int tlsPort() {
    return tls().port();
  }

  /**
   * As {@link #uri(String)}, over TLS and by the name localhost.
   *
   * @throws IllegalStateException when it was built without {@linkplain Builder#tls() TLS}
   */
  public String tlsUri(String user) {
    return "rediss://" + access.inUri(user) + "localhost:" + tls().port();
  }

  /**
   * The certificate of the authority that signed the server's, in PEM: what clients are to trust.
   *
   * @throws IllegalStateException when it was built without {@linkplain Builder#tls() TLS}
   */
  public Path certificate() {
    return tls().authority();
  }

  /** A line for a terminal. */
  public String redisCliCommand() {
    return "redis-cli -h 127.0.0.1 -p " + port;
  }

  @Override
  public boolean running() {
    return process.running();
  }

  @Override
  public synchronized void start() {
    if (closed) {
      throw new SandboxException("redis is closed");
    }
    if (!running()) {
      dump.beforeStart();
      process.start();
      dump.started();
    }
  }

  @Override
  public void stop() {
    process.stop();
  }

  /** {@code kill -9}: what was not in the dump is gone. */
  public void killHard() {
    process.killHard();
  }

  /** Freezes the server: connections stay open and nothing answers. */
  public void suspend() {
    process.suspend();
  }

  /** Ends {@link #suspend()}. */
  public void resume() {
    process.resume();
  }

  /**
   * Writes all the server holds to a file in its folder, which stays as it is until a close.
   *
   * @throws SandboxException when the server does not run, or is writing a dump already
   */
  public synchronized Path saveDump() {
    try {
      ask(SAVE_LIMIT, "SAVE");
      return dump.copy();
    } catch (IOException e) {
      throw new SandboxException("redis does not save its dump on port " + port, e);
    }
  }

  /**
   * Has the next start, and no later one, find what {@link #saveDump()} wrote, as if the server
   * came back from an old dump. A persistent server then goes on from there.
   *
   * @throws SandboxException while the server runs
   */
  public synchronized void restoreDump(Path saved) {
    if (running()) {
      throw new SandboxException("redis runs and would not read a dump before its next start");
    }
    dump.put(saved);
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      stop();
      process.discard();
      folder.close();
    }
  }

  /** The sandbox's own question, see {@link RedisConnection#ask}. */
  List<String> ask(String... words) throws IOException {
    return ask(ANSWER_LIMIT, words);
  }

  private List<String> ask(Duration limit, String... words) throws IOException {
    try (RedisConnection connection = RedisConnection.open(port, limit)) {
      List<String> own = access.own();
      if (!own.isEmpty()) {
        connection.ask("AUTH", own.get(0), own.get(1));
      }
      return connection.ask(words);
    }
  }

  private boolean answers() {
    try {
      return ask("PING").contains("PONG");
    } catch (IOException e) {
      // Not listening or still loading: asked again until the limit.
      return false;
    }
  }

  private RedisTls tls() {
    if (tls == null) {
      throw new IllegalStateException("this redis was built without TLS");
    }
    return tls;
  }

  /** Where the server listens and keeps its files comes last: no option moves it from there. */
  private RedisConfiguration configuration(Builder builder) {
    RedisConfiguration configuration = new RedisConfiguration().set("appendonly", "no");
    if (builder.persistent) {
      configuration.set("save", "60", "1");
    } else {
      configuration.set("save", "");
    }
    access.addTo(configuration);
    configuration.addAll(builder.options);
    if (tls != null) {
      tls.addTo(configuration);
    }
    return configuration
        .set("bind", "127.0.0.1")
        .set("port", Integer.toString(port))
        .set("dir", folder.path().toString())
        .set("dbfilename", dump.fileName())
        .set("daemonize", "no");
  }

  /** Not thread-safe. */
  public static final class Builder {
    private final RedisConfiguration options = new RedisConfiguration();
    private final RedisAccess access = new RedisAccess();
    private @Nullable Path directory;
    private int port;
    private boolean persistent;
    private @Nullable Function<Path, RedisTls> tls;

    private Builder() {}

    private boolean plain() {
      return directory == null
          && !persistent
          && tls == null
          && access.own().isEmpty()
          && options.isEmpty();
    }

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

    /** What the default user must know; default nothing. */
    public Builder password(String password) {
      access.password(password);
      return this;
    }

    /**
     * A user with its ACL rules, as in {@code user("reader", "secret", "~*", "+@read")}; without
     * rules it may do nothing. The default user keeps its rights unless {@code user("default", …)}
     * says otherwise.
     */
    public Builder user(String name, String password, String... rules) {
      access.user(name, password, List.of(rules));
      return this;
    }

    /**
     * Listens on another port for TLS too, for 127.0.0.1 and localhost; clients need no
     * certificate.
     */
    public Builder tls() {
      this.tls = RedisTls::create;
      return this;
    }

    /** The same, showing what an authority has issued. */
    public Builder tls(Path authority, Certificates.Issued shown) {
      this.tls = unused -> RedisTls.of(authority, shown);
      return this;
    }

    /**
     * A line of redis.conf, as in {@code option("maxmemory", "2mb")}; where Redis knows an option
     * once, the last call counts. Addresses, ports and files stay the sandbox's, and passwords are
     * given by {@link #password} and {@link #user}.
     *
     * @throws IllegalArgumentException for an option that says who may log in: the sandbox itself
     *     would be locked out
     */
    public Builder option(String name, String... words) {
      if (name.equals("requirepass") || name.equals("user")) {
        throw new IllegalArgumentException("say password() or user(), not option " + name);
      }
      options.set(name, words);
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
