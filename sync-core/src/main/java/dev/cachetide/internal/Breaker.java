package dev.cachetide.internal;

/** Whether it is worth asking Redis. Safe for concurrent use. */
public interface Breaker {

  /** Whether a command may be sent; whoever gets true tells how it ended. */
  boolean allows();

  /** A command was answered. */
  void succeeded(long nanos);

  /** A command was not. */
  void failed(long nanos, Throwable failure);

  /** Lets everything pass. */
  static Breaker always() {
    return new Breaker() {
      @Override
      public boolean allows() {
        return true;
      }

      @Override
      public void succeeded(long nanos) {}

      @Override
      public void failed(long nanos, Throwable failure) {}
    };
  }

  /**
   * Resilience4j's breaker when it is on the class path: opens when half of the last 50 commands
   * failed, at least 10, and tries again after a second, with three commands. Without it timeouts
   * alone protect.
   */
  static Breaker create(String name) {
    try {
      Class.forName(
          "io.github.resilience4j.circuitbreaker.CircuitBreaker",
          false,
          Breaker.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      // an optional dependency that the application left out
      return always();
    }
    return new ResilienceBreaker(name);
  }
}
