package dev.cachetide.cli;

import dev.cachetide.ingest.CdcIngest;
import dev.cachetide.invalidation.InvalidationWorker;
import dev.cachetide.runtime.HttpServer;
import dev.cachetide.runtime.Program;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.writebehind.WriteBehindWorker;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Some roles of a pipeline in this process, with their probes and metrics. */
final class World implements AutoCloseable {

  private final PrometheusMeterRegistry meters =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final List<Program> programs = new ArrayList<>();
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
  }
}
