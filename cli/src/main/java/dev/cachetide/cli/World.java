package dev.cachetide.cli;

import dev.cachetide.ingest.CdcIngest;
import dev.cachetide.invalidation.InvalidationWorker;
import dev.cachetide.runtime.HttpServer;
import dev.cachetide.runtime.ProcessMeters;
import dev.cachetide.runtime.Program;
import dev.cachetide.runtime.Reloadable;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Section;
import dev.cachetide.runtime.settings.SettingsLoader;
import dev.cachetide.writebehind.WriteBehindWorker;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;

/** Some roles of a pipeline in this process, with their probes and metrics. */
final class World implements AutoCloseable {

  private final PrometheusMeterRegistry meters =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final List<Program> programs = new ArrayList<>();
  private final ProcessMeters process = new ProcessMeters(meters);
  private final HttpServer http;

  /** Builds the roles; nothing runs before {@link #start}. */
  World(PipelineSettings settings, Collection<Role> roles) {
    for (Role role : roles) {
      programs.add(create(role, settings));
    }
    http = new HttpServer(settings.http(), meters, programs);
  }

  private Program create(Role role, PipelineSettings settings) {
    return switch (role) {
      case INGEST -> new CdcIngest(settings, meters);
      case INVALIDATE -> new InvalidationWorker(settings, meters);
      case WRITE_BEHIND -> new WriteBehindWorker(settings, meters);
    };
  }

  void start() {
    http.start();
    programs.forEach(Program::start);
  }

  List<Program> programs() {
    return List.copyOf(programs);
  }

  /**
   * Takes changed rules over, as long as it is not closed.
   *
   * @param file of the configuration
   * @param read what was read from it
   * @param required sections
   * @param complete what the programs run with, from what was read
   */
  ReloadThread reloading(
      Path file,
      PipelineSettings read,
      Set<Section> required,
      UnaryOperator<PipelineSettings> complete) {
    List<Reloadable> reloadable =
        programs.stream().filter(Reloadable.class::isInstance).map(Reloadable.class::cast).toList();
    RuleReloads reloads =
        new RuleReloads(
            read,
            () -> SettingsLoader.load(file, System.getenv(), required),
            settings -> CatalogCheck.problems(complete.apply(settings), file.toString()),
            reloadable,
            meters);
    FileWatch watch = new FileWatch(file, System.getenv());
    return new ReloadThread(reloads, watch, read.reload().watch(), read.reload().interval());
  }

  PrometheusMeterRegistry meters() {
    return meters;
  }

  /** The port that probes and metrics are served on. */
  int httpPort() {
    return http.port();
  }

  /** Completes when the first role has ended. */
  CompletableFuture<?> ended() {
    return CompletableFuture.anyOf(
        programs.stream().map(Program::ended).toArray(CompletableFuture[]::new));
  }

  /** Drains the roles in reverse order of their start. */
  @Override
  public void close() {
    for (int i = programs.size() - 1; i >= 0; i--) {
      programs.get(i).close();
    }
    http.close();
    process.close();
  }
}
