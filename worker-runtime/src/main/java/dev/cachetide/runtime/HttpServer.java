package dev.cachetide.runtime;

import dev.cachetide.runtime.settings.HttpSettings;
import io.javalin.Javalin;
import io.javalin.http.Context;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Serves the probes and the metrics of the programs of one process.
 *
 * <ul>
 *   <li>{@code GET /livez}: 200 while every program's threads turn, else 503: restart it;
 *   <li>{@code GET /readyz}: 200 while every program makes progress, else 503;
 *   <li>{@code GET /metrics}: Prometheus text.
 * </ul>
 *
 * Both probes answer with JSON that names each program, its state and the reason.
 */
public final class HttpServer implements AutoCloseable {

  private final HttpSettings settings;
  private final PrometheusMeterRegistry registry;
  private final List<Program> programs;
  private final Javalin server;

  /** Builds the server; listens from {@link #start}. */
  public HttpServer(
      HttpSettings settings, PrometheusMeterRegistry registry, List<? extends Program> programs) {
    this.settings = settings;
    this.registry = registry;
    this.programs = List.copyOf(programs);
    this.programs.forEach(program -> meters(program, registry));
    server =
        Javalin.create(
            config -> {
              config.startup.showJavalinBanner = false;
              config.routes.get("/livez", context -> answer(context, Program::alive));
              config.routes.get("/readyz", context -> answer(context, p -> p.readiness().ready()));
              config.routes.get("/metrics", this::metrics);
            });
  }

  /**
   * Begins to listen.
   *
   * @throws RuntimeException when the address cannot be listened on
   */
  public HttpServer start() {
    server.start(settings.host(), settings.port());
    return this;
  }

  /** The port that is listened on, also when the settings left it open. */
  public int port() {
    return server.port();
  }

  private void answer(Context context, Predicate<Program> good) {
    boolean all = programs.stream().allMatch(good);
    context.status(all ? 200 : 503);
    context.json(
        Map.of("ok", all, "programs", programs.stream().map(HttpServer::describe).toList()));
  }

  /** The probes once more: Prometheus asks for nothing but metrics. */
  private static void meters(Program program, PrometheusMeterRegistry registry) {
    Gauge.builder("cachetide.program.ready", () -> program.readiness().ready() ? 1 : 0)
        .description("1 while the program makes progress, as /readyz says")
        .tag("program", program.name())
        .register(registry);
    Gauge.builder("cachetide.program.alive", () -> program.alive() ? 1 : 0)
        .description("1 while the program's threads turn, as /livez says")
        .tag("program", program.name())
        .register(registry);
  }

  private static Map<String, Object> describe(Program program) {
    Readiness readiness = program.readiness();
    Map<String, Object> state = new LinkedHashMap<>();
    state.put("name", program.name());
    state.put("alive", program.alive());
    state.put("ready", readiness.ready());
    state.put("reason", readiness.reason());
    return state;
  }

  private void metrics(Context context) {
    context.contentType("text/plain; version=0.0.4; charset=utf-8");
    context.result(registry.scrape());
  }

  @Override
  public void close() {
    server.stop();
  }
}
