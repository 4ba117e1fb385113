package dev.cachetide.system.writes;

import dev.cachetide.sandbox.ChildJvm;
import dev.cachetide.sandbox.CommitProxy;
import dev.cachetide.sandbox.CommitProxy.Point;
import dev.cachetide.sandbox.CommitProxy.Then;
import dev.cachetide.sandbox.SandboxException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;

/** A process that commits to Postgres through a proxy, started anew whenever it was killed. */
final class Victim implements AutoCloseable {

  private static final long LONGEST_PAUSE_SECONDS = 30;

  private final CommitProxy proxy;
  private final IntFunction<ChildJvm> start;
  private volatile ChildJvm process;

  /** {@code start}: starts the process on a port of Postgres. */
  Victim(int postgresPort, IntFunction<ChildJvm> start) {
    this.start = start;
    proxy = CommitProxy.to(postgresPort);
    process = start.apply(proxy.port());
  }

  /** {@code kill -9} at its n-th COMMIT from now; what was held of it never arrives. */
  CompletableFuture<Void> killAt(Point point, int nth) {
    return trap(point, nth, Then.CUT, () -> process.killHard());
  }

  /** SIGSTOP at its n-th COMMIT from now; the COMMIT, or its answer, is held until {@code wake}. */
  CompletableFuture<Void> suspendAt(Point point, int nth, CompletableFuture<Void> wake) {
    CompletableFuture<Void> suspended = new CompletableFuture<>();
    proxy.trap(
        point,
        nth,
        Then.GO_ON,
        () -> {
          process.suspend();
          suspended.complete(null);
          await(wake);
        });
    return suspended;
  }

  /** Something else at its n-th COMMIT from now. */
  CompletableFuture<Void> at(Point point, int nth, Runnable act) {
    return trap(point, nth, Then.CUT, act);
  }

  private CompletableFuture<Void> trap(Point point, int nth, Then then, Runnable act) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    proxy.trap(
        point,
        nth,
        then,
        () -> {
          act.run();
          done.complete(null);
        });
    return done;
  }

  void resume() {
    process.resume();
  }

  /** Starts it again if it is dead. */
  void revive() {
    if (!process.running()) {
      process.close();
      process = start.apply(proxy.port());
    }
  }

  boolean running() {
    return process.running();
  }

  String output() {
    return process.output();
  }

  private static void await(CompletableFuture<Void> wake) {
    try {
      wake.get(LONGEST_PAUSE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new SandboxException("nobody woke a suspended process", e);
    }
  }

  @Override
  public void close() {
    process.close();
    proxy.close();
  }
}
