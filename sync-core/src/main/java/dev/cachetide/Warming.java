package dev.cachetide;

import java.time.Duration;
import java.util.function.Consumer;

/**
 * How to warm a cache.
 *
 * @param batch keys of one bulk load; default 200
 * @param concurrency bulk loads at a time; default 2
 * @param keysPerSecond what the database is asked for at most; default 10,000
 * @param progress called after every batch, on any of the warming threads, one at a time; default
 *     nothing
 */
public record Warming(int batch, int concurrency, int keysPerSecond, Consumer<Result> progress) {

  /** Checks the numbers. */
  public Warming {
    if (batch < 1 || concurrency < 1 || keysPerSecond < 1) {
      throw new IllegalArgumentException(
          "batch, concurrency and keysPerSecond must be positive, not "
              + batch
              + ", "
              + concurrency
              + ", "
              + keysPerSecond);
    }
  }

  /** The defaults. */
  public static Warming defaults() {
    return new Warming(200, 2, 10_000, result -> {});
  }

  /** The same with another budget. */
  public Warming within(int concurrency, int keysPerSecond) {
    return new Warming(batch, concurrency, keysPerSecond, progress);
  }

  /** The same with a listener. */
  public Warming reporting(Consumer<Result> progress) {
    return new Warming(batch, concurrency, keysPerSecond, progress);
  }

  /**
   * What warming has done so far.
   *
   * @param seen keys looked at
   * @param stored keys loaded and stored
   * @param present keys that had an entry or were being loaded by somebody
   * @param absent keys that the loader did not know
   * @param failed keys whose batch could not be loaded or stored
   * @param took since the beginning
   */
  public record Result(
      long seen, long stored, long present, long absent, long failed, Duration took) {}
}
