package dev.cachetide.runtime;

import java.util.concurrent.CompletableFuture;

/**
 * One of the long-running programs (ingest, invalidation, write-behind), run by the command line or
 * by a test, several in one process if wished.
 *
 * <p>Safe to call from any thread.
 */
public interface Program extends AutoCloseable {

  /** Constant, for logs and probes: {@code ingest}, {@code invalidate}, {@code write-behind}. */
  String name();

  /**
   * Starts the program's threads and returns without waiting for servers to answer: a server that
   * is away is waited for, and {@link #readiness} says so.
   *
   * @throws IllegalStateException when it was started or closed before
   */
  void start();

  /** Whether the program makes progress now. Never blocks. */
  Readiness readiness();

  /**
   * Whether the program's threads still turn, work or no work. What stays false is only mended by a
   * restart. Never blocks.
   */
  default boolean alive() {
    return !ended().isDone();
  }

  /**
   * Completes, never exceptionally, when the program has ended: {@link ExitStatus#STOPPED} after
   * {@link #close}, {@link ExitStatus#FAILED} when it gave up by itself.
   */
  CompletableFuture<ExitStatus> ended();

  /**
   * Drains what is in flight within the configured bound, releases everything and returns. Has no
   * effect the second time.
   */
  @Override
  void close();
}
