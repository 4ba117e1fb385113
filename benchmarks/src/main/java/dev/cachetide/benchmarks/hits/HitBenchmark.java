package dev.cachetide.benchmarks.hits;

import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** One hit is one operation; a miss ends the run. JMH subclasses this. */
@State(Scope.Benchmark)
public class HitBenchmark {

  /** The system property with the address of the Redis that all share. */
  static final String REDIS = "hits.redis";

  static final int KEYS = 1_000;

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
        throw new IllegalStateException(contender + " does not return what was put");
      }
    }
  }

  @Benchmark
  public Product hit() {
    Product product = Objects.requireNonNull(path).get(ThreadLocalRandom.current().nextInt(KEYS));
    if (product == null) {
      throw new IllegalStateException(contender + " missed");
    }
    return product;
  }

  @TearDown
  public void disconnect() {
    Objects.requireNonNull(path).close();
  }
}
