package dev.cachetide.benchmarks.hits;

import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** One hit is one operation. JMH subclasses this. */
@State(Scope.Benchmark)
public class HitBenchmark {

  /** The system property with the address of the Redis that all share. */
  static final String REDIS = "hits.redis";

  static final int KEYS = 1_000;

  private static final long MISSING_NANOS = 10_000_000_000L;

  /** Whose hit path. */
  @Param public Contender contender = Contender.LETTUCE;

  private @Nullable HitPath path;

  /** Stores every product and reads it back, so that what follows are hits of what was stored. */
  @Setup
  public void fill() {
    HitPath opened = contender.open(Objects.requireNonNull(System.getProperty(REDIS), REDIS));
    path = opened;
    for (int id = 0; id < KEYS; id++) {
      opened.put(Product.of(id));
      if (!Product.of(id).equals(opened.get(id))) {
        throw new IllegalStateException("does not return what was put");
      }
    }
  }

  /** A miss is asked again, so that it costs throughput; see {@link #again}. */
  @Benchmark
  public Product hit() {
    long id = ThreadLocalRandom.current().nextInt(KEYS);
    Product product = Objects.requireNonNull(path).get(id);
    return product == null ? again(id) : product;
  }

  /**
   * Until there is a hit: a process so starved that it hears no beat for two seconds believes
   * nothing until it hears one. Whatever misses longer than that is no hit path.
   */
  private Product again(long id) {
    long start = System.nanoTime();
    while (System.nanoTime() - start < MISSING_NANOS) {
      LockSupport.parkNanos(1_000_000);
      Product product = Objects.requireNonNull(path).get(id);
      if (product != null) {
        return product;
      }
    }
    throw new IllegalStateException("misses what was put");
  }

  @TearDown
  public void disconnect() {
    Objects.requireNonNull(path).close();
  }
}
