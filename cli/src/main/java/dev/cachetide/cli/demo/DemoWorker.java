package dev.cachetide.cli.demo;

import dev.cachetide.sandbox.ChildJvm;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The write-behind worker of the demo: {@code cachetide run write-behind} in a process of its own,
 * so that killing it is the real thing.
 */
final class DemoWorker implements AutoCloseable {

  private final String mainClass;
  private final Path config;
  private final Path logs;
  private int generation;
  private @Nullable ChildJvm process;

  /**
   * @param mainClass of the command line
   * @param config the file that the process reads
   * @param logs a directory for what it prints
   */
  DemoWorker(String mainClass, Path config, Path logs) {
    this.mainClass = mainClass;
    this.config = config;
    this.logs = logs;
  }

  void start() {
    generation++;
    process =
        ChildJvm.of(mainClass)
            .jvmOptions("-Xmx256m", "-Dcachetide.log.level=WARN")
            .arguments("run", "write-behind", "--config", config.toString())
            .outputFile(logs.resolve("write-behind-" + generation + ".log"))
            .start();
  }

  /** Ends it as {@code kill -9} does. */
  void kill() {
    if (process != null) {
      process.killHard();
      process = null;
    }
  }

  /** Ends it as it would be in production, within its drain bound. */
  @Override
  public void close() {
    if (process != null) {
      process.close();
      process = null;
    }
  }
}
