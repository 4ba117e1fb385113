package dev.cachetide.sandbox;

/**
 * One real server on loopback. It keeps its port and its data over any number of stops and starts,
 * so that clients experience an outage and not a new server. All methods are safe to call from any
 * thread.
 */
public sealed interface SandboxServer extends AutoCloseable
    permits SandboxPostgres, SandboxKafka, SandboxRedis {

  /** {@code postgres}, {@code kafka} or {@code redis}. */
  String name();

  /** The loopback port it listens on, the same for its whole life. */
  int port();

  /**
   * Starts the server and returns when it answers. Does nothing when it runs.
   *
   * @throws SandboxException when it does not come up within its limit, or after {@link #close()}
   */
  void start();

  /** Stops the server in order and keeps its data. Does nothing when it is stopped. */
  void stop();

  /** Whether the server runs now. */
  boolean running();

  /** An orderly stop and a start on the same port and data. */
  default void restart() {
    stop();
    start();
  }

  /** Stops the server for good and deletes its data when the folder is temporary. Idempotent. */
  @Override
  void close();
}
