package dev.cachetide.sandbox;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
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

  private final Folder folder;
  private final int port;
  private final RedisProcess process;
  private boolean closed;

  private SandboxRedis(Builder builder) {
    this.folder = Folder.of(builder.directory, NAME);
    this.port = builder.port == 0 ? FreePorts.next() : builder.port;
    Path configuration = folder.path().resolve(CONFIGURATION);
    configuration(builder).writeTo(configuration);
    this.process = new RedisProcess(NAME, port, folder.path(), configuration.toString());
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

  /** {@code redis://127.0.0.1:port}. */
  public String uri() {
    return "redis://127.0.0.1:" + port;
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
      process.start(() -> RedisPing.answers(port));
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

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      stop();
      folder.close();
    }
  }

  /** The sandbox's own question, see {@link RedisConnection#ask}. */
  List<String> ask(String... words) throws IOException {
    try (RedisConnection connection = RedisConnection.open(port)) {
      return connection.ask(words);
    }
  }

  /** Where the server listens and keeps its files comes last: no option moves it from there. */
  private RedisConfiguration configuration(Builder builder) {
    RedisConfiguration configuration = new RedisConfiguration().set("appendonly", "no");
    if (builder.persistent) {
      configuration.set("save", "60", "1");
    } else {
      configuration.set("save", "");
    }
    return configuration
        .addAll(builder.options)
        .set("bind", "127.0.0.1")
        .set("port", Integer.toString(port))
        .set("dir", folder.path().toString())
        .set("daemonize", "no");
  }

  /** Not thread-safe. */
  public static final class Builder {
    private final RedisConfiguration options = new RedisConfiguration();
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
     * A line of redis.conf, as in {@code option("maxmemory", "2mb")}; where Redis knows an option
     * once, the last call counts. Address, port and folder stay the sandbox's.
     */
    public Builder option(String name, String... words) {
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
