package dev.cachetide.sandbox;

/**
 * What runs one server, again and again on one port and one set of data: a process of this machine,
 * this JVM, or a container. Called by one thread at a time.
 */
interface Host {

  boolean running();

  /**
   * Returns when the server answers; it must not be running.
   *
   * @throws SandboxException when it does not come up
   */
  void start();

  /** In order. Does nothing when it is stopped. */
  void stop();

  /** As {@code kill -9} does, to all its processes. Does nothing when it is stopped. */
  void killHard();

  /** Connections stay open and nothing answers, until {@link #resume}. */
  void suspend();

  void resume();

  /** Removes what holds the server, once it is stopped. */
  default void discard() {}
}
