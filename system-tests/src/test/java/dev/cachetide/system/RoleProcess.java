package dev.cachetide.system;

import dev.cachetide.sandbox.ChildJvm;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;

/** {@code cachetide run ROLE…} in a process of its own, which can be killed and paused. */
final class RoleProcess implements AutoCloseable {

  private static final String MAIN = "dev.cachetide.cli.CachetideMain";

  private final ChildJvm jvm;
  private final int httpPort;
  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

  private RoleProcess(ChildJvm jvm, int httpPort) {
    this.jvm = jvm;
    this.httpPort = httpPort;
  }

  /**
   * Starts it.
   *
   * @param httpPort the one that the configuration names; 0 when nobody will ask for readiness
   */
  static RoleProcess start(Path directory, Path config, int httpPort, String... roles)
      throws IOException {
    return start(MAIN, directory, config, httpPort, roles);
  }

  static RoleProcess start(String main, Path directory, Path config, int httpPort, String... roles)
      throws IOException {
    return start(List.of("-Xmx384m"), main, directory, config, httpPort, roles);
  }

  static RoleProcess start(
      List<String> jvmOptions,
      String main,
      Path directory,
      Path config,
      int httpPort,
      String... roles)
      throws IOException {
    List<String> arguments = new ArrayList<>(List.of("run"));
    arguments.addAll(List.of(roles));
    arguments.addAll(List.of("--config", config.toString()));
    return new RoleProcess(
        ChildJvm.of(main)
            .jvmOptions(jvmOptions.toArray(String[]::new))
            .arguments(arguments.toArray(String[]::new))
            .outputFile(Files.createTempFile(directory, String.join("-", roles), ".log"))
            .start(),
        httpPort);
  }

  void awaitReady() {
    Awaitility.await("ready; its output is in " + jvm.outputFile())
        .atMost(Duration.ofSeconds(90))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> readiness() == 200);
  }

  /**
   * The sum of a counter over its labels, or, when the name has labels, that one, as {@code
   * /metrics} has it now; 0 when it is not there.
   */
  double metric(String name) throws IOException, InterruptedException {
    return http.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + httpPort + "/metrics"))
                .timeout(Duration.ofSeconds(5))
                .build(),
            HttpResponse.BodyHandlers.ofLines())
        .body()
        .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  /** The status of {@code /readyz}, or -1 when nobody answers. */
  int readiness() throws InterruptedException {
    try {
      return http.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + httpPort + "/readyz"))
                  .timeout(Duration.ofSeconds(5))
                  .build(),
              HttpResponse.BodyHandlers.discarding())
          .statusCode();
    } catch (IOException e) {
      // Not listening yet, or no longer: that is what the caller waits for or checks.
      return -1;
    }
  }

  /** All that it has said. */
  String output() {
    return jvm.output();
  }

  boolean isAlive() {
    return jvm.running();
  }

  /** Ends it as {@code kill -9} does. */
  void kill() {
    jvm.killHard();
  }

  void suspend() {
    jvm.suspend();
  }

  void resume() {
    jvm.resume();
  }

  void hangUp() {
    jvm.hangUp();
  }

  @Override
  public void close() {
    jvm.close();
  }
}
