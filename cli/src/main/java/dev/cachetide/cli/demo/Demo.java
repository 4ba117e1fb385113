package dev.cachetide.cli.demo;

import dev.cachetide.WritePublisher;
import dev.cachetide.cli.demo.DemoReport.Shown;
import dev.cachetide.runtime.settings.PipelineSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * The tour: scenes on real servers, played one after the other, each checking what it shows. The
 * first that fails ends the tour.
 */
public final class Demo {

  private final Consumer<Shown> timeline;
  private final long beganNanos;
  private final LongSupplier captured;

  /**
   * Prepares a tour.
   *
   * @param timeline told of each scene as it ends
   * @param beganNanos the {@link System#nanoTime} that the timeline counts from
   * @param captured how many row changes ingest has published so far
   */
  public Demo(Consumer<Shown> timeline, long beganNanos, LongSupplier captured) {
    this.timeline = timeline;
    this.beganNanos = beganNanos;
    this.captured = captured;
  }

  /**
   * Plays every scene on a shop that exists and whose ingest and invalidation are running.
   *
   * @param running names every server
   * @param shop the shop's own configuration file
   * @param mainClass of the command line, to run the write-behind worker as a process
   * @param scratch a directory for that process's configuration and output
   */
  public DemoReport play(PipelineSettings running, Path shop, String mainClass, Path scratch)
      throws Exception {
    var postgres = Objects.requireNonNull(running.postgres());
    var kafka = Objects.requireNonNull(running.kafka());
    Path config = DemoConfiguration.write(scratch, shop, running);
    try (DemoDatabase database = new DemoDatabase(postgres.url(), postgres.user());
        DemoCache cache = new DemoCache(Objects.requireNonNull(running.redis()).url());
        WritePublisher publisher = new WritePublisher(running.names(), kafka.common());
        DemoWorker worker = new DemoWorker(mainClass, config, scratch)) {
      worker.start();
      return play(
          new Stage(
              database,
              cache,
              new DemoWrites(publisher, database),
              worker,
              new Latencies(),
              captured));
    }
  }

  private DemoReport play(Stage stage) throws Exception {
    List<Shown> shown = new ArrayList<>();
    for (Scene scene :
        Stream.of(RowScenes.all(), BulkScenes.all(), WriteScenes.all())
            .flatMap(List::stream)
            .toList()) {
      Shown how = play(scene, stage);
      shown.add(how);
      timeline.accept(how);
      if (!how.ok()) {
        break;
      }
    }
    long parked = stage.writes().parked();
    return new DemoReport(
        shown,
        stage.cache().gone(),
        stage.latencies(),
        stage.writes().accepted(),
        stage.writes().done() - parked,
        parked,
        seconds());
  }

  private Shown play(Scene scene, Stage stage) throws Exception {
    double at = seconds();
    try {
      return new Shown(at, scene.title(), scene.play(stage), true);
    } catch (Scene.CheckFailed e) {
      return new Shown(at, scene.title(), String.valueOf(e.getMessage()), false);
    }
  }

  private double seconds() {
    return Math.round((System.nanoTime() - beganNanos) / 1e8) / 10.0;
  }
}
