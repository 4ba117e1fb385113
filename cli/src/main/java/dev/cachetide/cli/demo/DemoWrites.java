package dev.cachetide.cli.demo;

import dev.cachetide.WritePublisher;
import dev.cachetide.cli.demo.Scene.CheckFailed;
import dev.cachetide.wire.WriteCommand;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * The demo's application as a writer: publishes commands, and asks Postgres what became of them.
 */
final class DemoWrites {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final WritePublisher publisher;
  private final DemoDatabase database;
  private final List<CompletableFuture<?>> pending = new ArrayList<>();
  private long accepted;

  DemoWrites(WritePublisher publisher, DemoDatabase database) {
    this.publisher = publisher;
    this.database = database;
  }

  void publish(WriteCommand command) {
    pending.add(publisher.publish(command));
  }

  /** Waits until Kafka has acknowledged everything that was published. */
  void awaitAccepted() throws Exception {
    CompletableFuture.allOf(pending.toArray(CompletableFuture[]::new)).get(30, TimeUnit.SECONDS);
    accepted += pending.size();
    pending.clear();
  }

  /**
   * Waits until Postgres has moved past everything that was accepted.
   *
   * @throws CheckFailed when it has not within 30 s
   */
  void awaitDone() throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (done() < accepted) {
      if (System.nanoTime() > deadline) {
        throw new CheckFailed("only " + done() + " of " + accepted + " writes are done");
      }
    }
  }

  /** How many commands Kafka has acknowledged. */
  long accepted() {
    return accepted;
  }

  /** How many commands Postgres has moved past: applied or set aside. */
  long done() throws Exception {
    return database.number("SELECT coalesce(sum(next_offset), 0) FROM cachetide.consumer_offset");
  }

  /** How many commands were set aside with a reason. */
  long parked() throws Exception {
    return database.number("SELECT count(*) FROM cachetide.dead_letter");
  }
}
