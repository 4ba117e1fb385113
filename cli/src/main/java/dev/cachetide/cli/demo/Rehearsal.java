package dev.cachetide.cli.demo;

import dev.cachetide.WritePublisher;
import dev.cachetide.cli.demo.Scene.CheckFailed;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.sandbox.ChildJvm;
import dev.cachetide.wire.WriteCommand;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * All roles of a pipeline in one process that is given something of everything to do, so that a JVM
 * which notes what it loads has met whatever a worker needs to start.
 */
public final class Rehearsal {

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final List<String> KEY = List.of("user:7");

  private final PipelineSettings running;
  private final Path scratch;

  /**
   * Prepares it.
   *
   * @param running names every server; the shop's tables are there
   * @param scratch a directory for the process's configuration and output
   */
  public Rehearsal(PipelineSettings running, Path scratch) {
    this.running = running;
    this.scratch = scratch;
  }

  /**
   * Runs the process until a write has landed in Postgres and its echo has left Redis, then drains
   * it.
   *
   * @param shop the shop's own configuration file
   * @param mainClass of the command line
   * @param classPath of the process
   * @param jvmOptions by which the JVM notes what it loads
   */
  public void play(Path shop, String mainClass, String classPath, String... jvmOptions)
      throws Exception {
    var postgres = Objects.requireNonNull(running.postgres());
    var kafka = Objects.requireNonNull(running.kafka());
    Path config = DemoConfiguration.write(scratch, shop, running);
    try (ChildJvm program =
            ChildJvm.of(mainClass)
                .classPath(classPath)
                .jvmOptions(jvmOptions)
                .arguments(
                    "run", "ingest", "invalidate", "write-behind", "--config", config.toString())
                .outputFile(scratch.resolve("rehearsal.log"))
                .start();
        DemoDatabase database = new DemoDatabase(postgres.url(), postgres.user());
        DemoCache cache = new DemoCache(Objects.requireNonNull(running.redis()).url());
        WritePublisher publisher = new WritePublisher(running.names(), kafka.common())) {
      awaitCanary(cache, program);
      writeAndEvict(new DemoWrites(publisher, database), cache);
      int code = program.stop(PATIENCE);
      if (code != 0) {
        throw new CheckFailed("the rehearsal ended with " + code + ":\n" + program.output());
      }
    }
  }

  private void awaitCanary(DemoCache cache, ChildJvm program) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!cache.has(running.names().canaryKey())) {
      if (System.nanoTime() > deadline || !program.running()) {
        throw new CheckFailed("no heartbeat came through:\n" + program.output());
      }
    }
  }

  private static void writeAndEvict(DemoWrites writes, DemoCache cache) throws Exception {
    cache.set(KEY);
    long published = System.nanoTime();
    writes.publish(WriteCommand.upsert("public.users", Map.of("id", 7), Map.of("name", "Barbara")));
    writes.awaitAccepted();
    writes.awaitDone();
    cache.awaitGone(KEY, published);
  }
}
