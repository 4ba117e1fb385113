package dev.cachetide.system.race;

import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/** A thread that goes on until it is closed, and whose failure somebody hears of. */
public final class Background implements AutoCloseable {

  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private volatile boolean stopped;

  /** Starts it. */
  public Background(String name, Task task) {
    Thread thread = new Thread(() -> run(task), name);
    thread.setDaemon(true);
    thread.start();
  }

  private void run(Task task) {
    try {
      task.run(() -> stopped);
      ended.complete(null);
    } catch (Exception | Error e) {
      // Told to whoever asks or closes.
      ended.completeExceptionally(e);
    }
  }

  /** Throws what ended it before its time. */
  public void failIfEnded() {
    if (ended.isDone()) {
      ended.join();
    }
  }

  /** Waits for its end, and throws what ended it before its time. */
  @Override
  public void close() {
    stopped = true;
    ended.join();
  }

  /** What it does. */
  public interface Task {
    void run(BooleanSupplier stopped) throws Exception;
  }
}
