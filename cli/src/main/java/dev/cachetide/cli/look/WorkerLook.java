package dev.cachetide.cli.look;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cachetide.cli.look.WorkerFacts.Program;
import dev.cachetide.cli.look.WorkerFacts.Worker;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the pages of the workers, {@code /metrics} and the {@code /readyz} beside it. Follows no
 * redirect and reads no page without an end. For one thread.
 */
public final class WorkerLook implements Source.Question<WorkerFacts> {

  private static final Logger log = LoggerFactory.getLogger(WorkerLook.class);
  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final int MOST_BYTES = 16 * 1024 * 1024;

  private final List<URI> pages;
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(PATIENCE).build();
  private final ObjectMapper mapper = new ObjectMapper();

  /** Asks nobody yet. */
  public WorkerLook(List<URI> pages) {
    this.pages = List.copyOf(pages);
  }

  @Override
  public WorkerFacts ask() throws InterruptedException {
    List<Worker> workers = new ArrayList<>();
    for (URI page : pages) {
      workers.add(ask(page));
    }
    return new WorkerFacts(workers);
  }

  private Worker ask(URI page) throws InterruptedException {
    try {
      MetricsPage metrics = MetricsPage.parse(get(page));
      return new Worker(page, metrics, programs(mapper.readTree(get(page.resolve("/readyz")))));
    } catch (IOException e) {
      log.atDebug().addKeyValue("page", page).setCause(e).log("worker does not answer");
      return new Worker(page, null, List.of());
    }
  }

  private String get(URI uri) throws IOException, InterruptedException {
    HttpResponse<InputStream> answer =
        http.send(
            HttpRequest.newBuilder(uri).timeout(PATIENCE).build(),
            HttpResponse.BodyHandlers.ofInputStream());
    try (InputStream body = answer.body()) {
      if (answer.statusCode() != 200 && answer.statusCode() != 503) {
        throw new IOException("status " + answer.statusCode());
      }
      return new String(body.readNBytes(MOST_BYTES), StandardCharsets.UTF_8);
    }
  }

  private static List<Program> programs(JsonNode readyz) {
    List<Program> programs = new ArrayList<>();
    for (JsonNode each : readyz.path("programs")) {
      programs.add(
          new Program(
              each.path("name").asText(),
              each.path("alive").asBoolean(),
              each.path("ready").asBoolean(),
              each.path("reason").asText()));
    }
    return programs;
  }

  @Override
  public String describe(Exception failure) {
    return "the workers' pages cannot be asked";
  }
}
