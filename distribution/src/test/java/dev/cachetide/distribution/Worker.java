package dev.cachetide.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.sandbox.Sandbox;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** All roles of the shop in one process of an installation, which notes what its JVM loads. */
final class Worker implements AutoCloseable {

  private static final String ROOT = "http://127.0.0.1:";

  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
  private final Path loaded;
  private final Path log;
  private final int port;
  private final Process process;
  private final long began = System.nanoTime();

  private Worker(Path loaded, Path log, int port, Process process) {
    this.loaded = loaded;
    this.log = log;
    this.port = port;
    this.process = process;
  }

  static Worker start(Installation installation, Sandbox servers, Path scratch) throws IOException {
    Path loaded = Files.createTempFile(scratch, "loaded", ".txt");
    Path log = Files.createTempFile(scratch, "worker", ".log");
    int port = freePort();
    ProcessBuilder command =
        installation.command(
            "run",
            "ingest",
            "invalidate",
            "write-behind",
            "--config",
            configuration(installation, servers, port, scratch).toString());
    command.environment().put("CACHETIDE_JAVA_OPTS", "-Xlog:class+load:file=" + loaded);
    Process process = command.redirectErrorStream(true).redirectOutput(log.toFile()).start();
    return new Worker(loaded, log, port, process);
  }

  /** The installation's example with other servers. */
  private static Path configuration(
      Installation installation, Sandbox servers, int port, Path scratch) throws IOException {
    String example = Files.readString(installation.home().resolve("conf/cachetide.yaml"));
    String ours =
        example
            .replace("jdbc:postgresql://localhost:5432/shop", servers.postgres().jdbcUrl())
            .replace("user: cachetide", "user: " + servers.postgres().user())
            .replace("localhost:9092", servers.kafka().bootstrapServers())
            .replace("redis://localhost:6379", servers.redis().uri())
            .replace("port: 8080", "port: " + port);
    return Files.writeString(Files.createTempFile(scratch, "shop", ".yaml"), ours);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** Seconds from its start until a probe says yes. */
  double awaitProbe(String path) {
    Awaitility.await(path)
        .atMost(Duration.ofMinutes(3))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> status(path) == 200);
    return (System.nanoTime() - began) / 1e9;
  }

  private int status(String path) throws IOException, InterruptedException {
    assertThat(process.isAlive()).as("alive: %s", Files.readString(log)).isTrue();
    try {
      return http.send(
              HttpRequest.newBuilder(URI.create(ROOT + port + path))
                  .timeout(Duration.ofSeconds(5))
                  .build(),
              HttpResponse.BodyHandlers.discarding())
          .statusCode();
    } catch (IOException e) {
      // Not listening yet: that is what the caller waits for.
      return -1;
    }
  }

  int port() {
    return port;
  }

  /** The share of what was loaded so far that came out of an archive. */
  double fromArchive() throws IOException {
    try (Stream<String> lines = Files.lines(loaded)) {
      long[] counts = new long[2];
      lines
          .filter(line -> line.contains(" source: "))
          .forEach(line -> counts[line.contains("shared objects file") ? 0 : 1]++);
      return counts[0] / (double) (counts[0] + counts[1]);
    }
  }

  /** Processor time so far, which says the same on a busy machine and on a quiet one. */
  double cpuSeconds() {
    return process.toHandle().info().totalCpuDuration().orElse(Duration.ZERO).toMillis() / 1e3;
  }

  /** SIGTERM; the exit code. */
  int drain() throws InterruptedException {
    process.destroy();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("drained").isTrue();
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
