package dev.cachetide.cli.console;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.cli.parked.LetterFilter.Source;
import io.javalin.Javalin;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import io.javalin.util.JavalinBindException;
import java.io.IOException;
import java.net.BindException;
import java.sql.SQLException;
import java.util.Set;
import org.apache.kafka.common.KafkaException;
import org.eclipse.jetty.http.UriCompliance;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The page and its JSON over HTTP. What anybody may ask for is {@link Gate}'s. */
final class ConsoleServer implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(ConsoleServer.class);
  private static final int DEEPEST_JSON = 50;
  private static final Set<Source> DEAD_LETTERS = Set.of(Source.WRITES, Source.EVENTS);
  private static final Set<Source> CONFLICTS = Set.of(Source.CONFLICTS);

  private final ConsoleSettings settings;
  private final Gate gate;
  private final ConsoleApi api;
  private final LettersApi letters;
  private final Actions actions;
  private final ObjectMapper json =
      JsonMapper.builder(
              com.fasterxml.jackson.core.JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(DEEPEST_JSON).build())
                  .build())
          .build();
  private final Javalin server;

  ConsoleServer(ConsoleSettings settings, ConsoleApi api, LettersApi letters, Actions actions) {
    this.settings = settings;
    gate = new Gate(settings);
    this.api = api;
    this.letters = letters;
    this.actions = actions;
    server =
        Javalin.create(
            config -> {
              config.startup.showJavalinBanner = false;
              // Every path comes to the routes, and to a 404 there: none leads to a file.
              config.jetty.modifyHttpConfiguration(
                  http -> {
                    http.setSendServerVersion(false);
                    http.setUriCompliance(UriCompliance.UNSAFE);
                  });
              config.jetty.modifyServer(server -> server.setErrorHandler(new NoRequest()));
              config.routes.before(gate::enter);
              assets(config.routes);
              reads(config.routes);
              letters(config.routes, "/api/dead-letters", DEAD_LETTERS);
              letters(config.routes, "/api/conflicts", CONFLICTS);
              acts(config.routes);
              failures(config.routes);
            });
  }

  private static void assets(RoutesConfig routes) {
    Assets.all()
        .forEach(
            (path, asset) ->
                routes.get(
                    path, context -> context.contentType(asset.type()).result(asset.text())));
  }

  private void reads(RoutesConfig routes) {
    routes.get("/api/session", context -> answer(context, api.session()));
    read(routes, "/api/status", context -> api.status());
    read(routes, "/api/lag", context -> api.lag());
    read(routes, "/api/series", context -> api.series(context.queryParam("after")));
    read(routes, "/api/rules", context -> api.rules());
    read(routes, "/api/events", context -> api.events());
    routes.post(
        "/api/explain",
        context -> {
          gate.ask(context);
          answer(context, api.explain(body(context)));
        });
  }

  private void read(RoutesConfig routes, String path, Answer answer) {
    routes.get(
        path,
        context -> {
          gate.read(context);
          answer(context, answer.to(context));
        });
  }

  private void act(RoutesConfig routes, String path, Answer answer) {
    routes.post(
        path,
        context -> {
          gate.act(context);
          answer(context, answer.to(context));
          log.atWarn().addKeyValue("action", context.path()).log("done from the console");
        });
  }

  private void letters(RoutesConfig routes, String path, Set<Source> sources) {
    read(routes, path, context -> letters.list(sources, context.queryParam("state")));
    routes.get(
        path + "/{id}",
        context -> {
          boolean values = "true".equals(context.queryParam("values"));
          if (values) {
            gate.readValues(context);
          } else {
            gate.read(context);
          }
          answer(context, letters.read(sources, context.pathParam("id"), values));
        });
    act(
        routes,
        path + "/{id}/replay",
        context -> {
          body(context);
          return letters.replay(sources, context.pathParam("id"));
        });
    act(
        routes,
        path + "/{id}/discard",
        context -> {
          body(context);
          return letters.discard(sources, context.pathParam("id"));
        });
  }

  private void acts(RoutesConfig routes) {
    act(routes, "/api/pause", context -> actions.pause(body(context)));
    act(routes, "/api/resume", context -> actions.resume(body(context)));
    act(routes, "/api/resync", context -> actions.resync(body(context)));
    act(
        routes,
        "/api/session",
        context -> {
          body(context);
          return api.session();
        });
  }

  private void failures(RoutesConfig routes) {
    routes.exception(Refused.class, (e, context) -> refuse(context, e.status(), e.told(), e.fix()));
    routes.exception(
        SQLException.class,
        (e, context) -> unavailable(context, "Postgres does not answer as hoped", e));
    routes.exception(
        KafkaException.class,
        (e, context) -> unavailable(context, "Kafka does not answer as hoped", e));
    routes.exception(
        HttpResponseException.class,
        (e, context) -> refuse(context, e.getStatus(), "there is nothing here", "go to /"));
    routes.exception(
        Exception.class,
        (e, context) -> {
          log.atError().addKeyValue("path", context.path()).setCause(e).log("console failed");
          refuse(context, 500, "the console failed", "see its log");
        });
  }

  private void unavailable(Context context, String told, Exception e) {
    log.atWarn().addKeyValue("path", context.path()).setCause(e).log(told);
    refuse(context, 503, told, "see its log and the console's; cachetide doctor looks closer");
  }

  private void refuse(Context context, int status, String told, String fix) {
    context.status(status);
    answer(context, json.createObjectNode().put("error", told).put("fix", fix));
  }

  private JsonNode body(Context context) {
    byte[] body = gate.body(context);
    try {
      JsonNode tree = json.readTree(body);
      if (tree != null && tree.isObject()) {
        return tree;
      }
    } catch (JsonProcessingException e) {
      log.atDebug().log("a body that is no JSON");
    } catch (IOException e) {
      throw new IllegalStateException("bytes can be read", e);
    }
    throw new Refused(400, "the body is no JSON object", "send a JSON object");
  }

  private void answer(Context context, ObjectNode answer) {
    try {
      context.contentType("application/json; charset=utf-8").result(json.writeValueAsBytes(answer));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree can be written", e);
    }
  }

  /** Begins to listen. */
  void start() throws BindException {
    try {
      server.start(settings.host(), settings.port());
    } catch (JavalinBindException e) {
      log.atDebug().setCause(e).log("address not listened on");
      throw new BindException(settings.host() + ":" + settings.port() + " cannot be listened on");
    }
  }

  int port() {
    return server.port();
  }

  @Override
  public void close() {
    server.stop();
  }

  /** What a path answers. */
  private interface Answer {
    ObjectNode to(Context context) throws Exception;
  }
}
