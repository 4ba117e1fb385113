package dev.cachetide.benchmarks.hits;

import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import org.openjdk.jmh.util.Statistics;

/**
 * Runs one contender at one number of threads, in a JVM of its own. The best second counts:
 * whatever else the machine does only slows.
 */
final class Trial {

  static final int WARMUP_SECONDS = 2;

  private final String redisUri;
  private final int seconds;

  /**
   * To run against one Redis.
   *
   * @param seconds measured, after {@link #WARMUP_SECONDS}
   */
  Trial(String redisUri, int seconds) {
    this.redisUri = redisUri;
    this.seconds = seconds;
  }

  /**
   * Runs it.
   *
   * @throws IllegalStateException when something missed or failed, or the JVM did
   */
  Measurement run(Contender contender, int threads) {
    RunResult result;
    try {
      result = new Runner(options(contender, threads)).runSingle();
    } catch (RunnerException e) {
      throw new IllegalStateException(contender.title() + ": " + reason(e), e);
    }
    return new Measurement(
        contender,
        threads,
        result.getPrimaryResult().getStatistics().getMax(),
        seconds(result, "gc.alloc.rate.norm").getMean(),
        seconds(result, CpuTime.LABEL).getMin());
  }

  /** JMH hides what happened among what every thread suppressed. */
  private static String reason(RunnerException failure) {
    Throwable cause = failure.getCause() == null ? failure : failure.getCause();
    return Arrays.stream(cause.getSuppressed()).findFirst().orElse(cause).toString();
  }

  private static Statistics seconds(RunResult result, String label) {
    return Objects.requireNonNull(result.getSecondaryResults().get(label), label).getStatistics();
  }

  private Options options(Contender contender, int threads) {
    return new OptionsBuilder()
        .include("^" + HitBenchmark.class.getName() + "\\.hit$")
        .param("contender", contender.name())
        .threads(threads)
        .forks(1)
        .jvmArgsAppend("-D" + HitBenchmark.REDIS + "=" + redisUri, "-Dcachetide.log.level=ERROR")
        .mode(Mode.Throughput)
        .timeUnit(TimeUnit.SECONDS)
        .warmupIterations(WARMUP_SECONDS)
        .warmupTime(TimeValue.seconds(1))
        .measurementIterations(seconds)
        .measurementTime(TimeValue.seconds(1))
        .addProfiler(GCProfiler.class)
        .addProfiler(CpuTime.class)
        .shouldFailOnError(true)
        .verbosity(VerboseMode.SILENT)
        .build();
  }
}
