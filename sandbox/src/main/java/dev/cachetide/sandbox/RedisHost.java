package dev.cachetide.sandbox;

import java.util.function.BooleanSupplier;

/** A redis-server as a process of this machine. */
record RedisHost(RedisProcess process, BooleanSupplier answers) implements Host {

  @Override
  public boolean running() {
    return process.running();
  }

  @Override
  public void start() {
    process.start(answers);
  }

  @Override
  public void stop() {
    process.stop();
  }

  @Override
  public void killHard() {
    process.killHard();
  }

  @Override
  public void suspend() {
    process.suspend();
  }

  @Override
  public void resume() {
    process.resume();
  }
}
