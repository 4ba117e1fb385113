package dev.cachetide.cli.demo;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * What the scenes play on.
 *
 * @param database Postgres, as an application sees it
 * @param cache Redis, as an application sees it
 * @param writes the application's write commands
 * @param worker the write-behind worker, a process of its own that can be killed
 * @param latencies from commit to the key being gone
 * @param captured how many row changes ingest has published so far
 */
record Stage(
    DemoDatabase database,
    DemoCache cache,
    DemoWrites writes,
    DemoWorker worker,
    Latencies latencies,
    LongSupplier captured) {

  /** How long something took, as the end of a timeline's sentence. */
  static String after(Duration took) {
    double millis = took.toNanos() / 1e6;
    return millis < 1_000
        ? String.format(", %.1f ms after commit", millis)
        : String.format(", %.1f s after commit", millis / 1_000);
  }
}
