package dev.cachetide.sandbox;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The postmaster of a data folder, as a process of this machine. */
final class PostgresProcess implements Host {
  private static final Duration STOP_LIMIT = Duration.ofSeconds(20);

  private final PostgresCluster cluster;
  private @Nullable ServerProcess process;

  PostgresProcess(PostgresCluster cluster) {
    this.cluster = cluster;
  }

  @Override
  public boolean running() {
    return process != null && process.alive();
  }

  @Override
  public void start() {
    process = cluster.startPostmaster();
  }

  @Override
  public void stop() {
    if (process != null) {
      process.stop(PostgresCluster.FAST_SHUTDOWN, STOP_LIMIT);
      process = null;
    }
  }

  @Override
  public void killHard() {
    if (process != null) {
      process.killWithChildren();
      process = null;
    }
  }

  /** Nobody has asked for it, and one signal would reach the postmaster alone. */
  @Override
  public void suspend() {
    throw new UnsupportedOperationException("a Postgres of several processes");
  }

  @Override
  public void resume() {
    throw new UnsupportedOperationException("a Postgres of several processes");
  }
}
