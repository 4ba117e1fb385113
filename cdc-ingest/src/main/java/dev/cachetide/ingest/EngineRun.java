package dev.cachetide.ingest;

import io.debezium.embedded.Connect;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.RecordChangeEvent;
import io.debezium.engine.format.ChangeEventFormat;
import io.debezium.engine.spi.OffsetCommitPolicy;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run of the embedded engine, on a thread of its own.
 *
 * <p>Stopping is bounded: drain the handler, ask the engine to stop, wait. An engine that does not
 * stop within the bound keeps its slot busy, which the next run sees and waits for.
 */
final class EngineRun {

  private static final Logger log = LoggerFactory.getLogger(EngineRun.class);
  private static final Duration DRAIN_LIMIT = Duration.ofSeconds(5);
  private static final Duration STOP_LIMIT = Duration.ofSeconds(45);
  private static final Duration LOOK_EVERY = Duration.ofMillis(20);

  private final DebeziumEngine<RecordChangeEvent<SourceRecord>> engine;
  private final BatchHandler handler;
  private final Thread thread;
  private volatile @Nullable Throwable failure;

  EngineRun(Map<String, String> configuration, BatchHandler handler, Runnable whenEnded) {
    Properties properties = new Properties();
    configuration.forEach(properties::setProperty);
    this.handler = handler;
    this.engine =
        DebeziumEngine.create(ChangeEventFormat.of(Connect.class))
            .using(properties)
            // What is marked may be flushed at once: the handler marks only what it recorded.
            .using(OffsetCommitPolicy.always())
            .using((success, message, error) -> failure = error)
            .notifying(handler)
            .build();
    this.thread =
        new Thread(
            () -> {
              try {
                engine.run();
              } finally {
                whenEnded.run();
              }
            },
            "cachetide-ingest-engine");
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  boolean running() {
    return thread.isAlive();
  }

  /** Why the engine ended by itself; null when it runs, or ended without a complaint. */
  @Nullable Throwable failure() {
    return failure;
  }

  /** Returns when the engine has ended, or the bound has passed. */
  void stop() throws InterruptedException {
    handler.drain(DRAIN_LIMIT);
    long deadline = System.nanoTime() + STOP_LIMIT.toNanos();
    while (thread.isAlive() && System.nanoTime() - deadline < 0 && !asked()) {
      LockSupport.parkNanos(LOOK_EVERY.toNanos());
    }
    thread.join(Math.max(1, (deadline - System.nanoTime()) / 1_000_000));
    if (thread.isAlive()) {
      log.atError().log("the engine does not stop; its slot stays busy until it does");
    }
  }

  /** The engine refuses to stop while it starts its task, and when it is stopping already. */
  private boolean asked() {
    try {
      engine.close();
      return true;
    } catch (IllegalStateException e) {
      log.atDebug().setCause(e).log("the engine cannot be stopped just now");
      return false;
    } catch (IOException e) {
      log.atWarn().setCause(e).log("the engine complained while stopping");
      return true;
    }
  }
}
