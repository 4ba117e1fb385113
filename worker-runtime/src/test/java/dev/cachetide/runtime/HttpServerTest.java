package dev.cachetide.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.runtime.settings.HttpSettings;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class HttpServerTest {

  private final FixedProgram first = new FixedProgram("first");
  private final FixedProgram second = new FixedProgram("second");
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final HttpServer server =
      new HttpServer(new HttpSettings("127.0.0.1", 0), registry, List.of(first, second)).start();

  @AfterEach
  void stop() {
    server.close();
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + server.port() + path);
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void ready_when_every_program_is() throws Exception {
    assertThat(get("/readyz").statusCode()).isEqualTo(200);
    second.readiness = Readiness.no("Kafka does not answer");
    assertThat(get("/readyz").statusCode()).isEqualTo(503);
    assertThat(get("/readyz").body())
        .contains("\"name\":\"second\",\"alive\":true,\"ready\":false")
        .contains("\"reason\":\"Kafka does not answer\"");
    assertThat(get("/livez").statusCode()).isEqualTo(200);
  }

  @Test
  void not_alive_once_a_program_has_ended() throws Exception {
    first.ended.complete(ExitStatus.FAILED);
    assertThat(get("/livez").statusCode()).isEqualTo(503);
  }

  @Test
  void metrics_are_prometheus_text() throws Exception {
    new LoopMeters(registry, "g", java.time.InstantSource.system()).polled(3);
    assertThat(get("/metrics").body())
        .contains("cachetide_consumer_records_total{group=\"g\"} 3.0")
        .contains("cachetide_consumer_handle_seconds_bucket");
    assertThat(get("/metrics").headers().firstValue("content-type").orElse(""))
        .startsWith("text/plain");
  }

  private static final class FixedProgram implements Program {
    private final String name;
    private final CompletableFuture<ExitStatus> ended = new CompletableFuture<>();
    private volatile Readiness readiness = Readiness.yes();

    FixedProgram(String name) {
      this.name = name;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public void start() {}

    @Override
    public Readiness readiness() {
      return readiness;
    }

    @Override
    public CompletableFuture<ExitStatus> ended() {
      return ended;
    }

    @Override
    public void close() {}
  }
}
