package dev.cachetide.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.sandbox.Sandbox;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Workers out of the tar.gz, with and without class archive and embedded servers. */
final class WorkerStartIT {

  @TempDir private Path directory;

  @Test
  void a_worker_needs_no_embedded_servers_and_starts_out_of_the_archive() throws Exception {
    Installation installation = Installation.unpack(directory);
    try (Sandbox servers = Sandbox.start();
        RedisClient client = RedisClient.create(servers.redis().uri());
        StatefulRedisConnection<String, String> redis = client.connect()) {
      execute(servers, Files.readString(installation.home().resolve("examples/shop/schema.sql")));

      double before = start(installation, servers, redis, "without archive");
      Ran archive =
          Installation.run(Duration.ofMinutes(4), installation.command("archive", "--json"));
      assertThat(archive.exitCode()).as(archive.err()).isZero();
      System.out.print("archive: " + archive.out());
      removeDemo(installation);
      double after = start(installation, servers, redis, "with archive");

      assertThat(before).as("without an archive only the JDK's own classes").isLessThan(0.3);
      assertThat(after).as("share of classes out of the archive").isGreaterThan(0.9);
      without(installation);
    }
  }

  /** One worker's life; the share of its classes that came out of an archive. */
  private double start(
      Installation installation,
      Sandbox servers,
      StatefulRedisConnection<String, String> redis,
      String how)
      throws Exception {
    try (Worker worker = Worker.start(installation, servers, directory)) {
      double alive = worker.awaitProbe("/livez");
      double cpu = worker.cpuSeconds();
      double ready = worker.awaitProbe("/readyz");
      double share = worker.fromArchive();
      System.out.printf(
          "start %s: /livez after %.2f s and %.2f s of processor time, /readyz after %.2f s, %.0f%%"
              + " of the classes from an archive%n",
          how, alive, cpu, ready, share * 100);
      assertThat(health(installation, worker, "/readyz").exitCode()).isZero();
      redis.sync().set("user:1", "cached");
      execute(servers, "UPDATE users SET name = name WHERE id = 1");
      Awaitility.await("user:1 leaves")
          .atMost(Duration.ofSeconds(30))
          .until(() -> redis.sync().exists("user:1") == 0);
      assertThat(worker.drain()).isZero();
      return share;
    }
  }

  private static Ran health(Installation installation, Worker worker, String path)
      throws Exception {
    ProcessBuilder ask =
        Installation.command(installation.home().resolve("bin/cachetide-health"), path);
    ask.environment().put("CACHETIDE_HTTP_PORT", Integer.toString(worker.port()));
    return Installation.run(Duration.ofSeconds(10), ask);
  }

  /** What an installation without lib/demo says, and one whose archive is broken. */
  private static void without(Installation installation) throws Exception {
    Ran demo = installation.run("demo");
    assertThat(demo.exitCode()).isEqualTo(2);
    assertThat(demo.err()).contains("postgres, kafka, redis").contains("lib/demo");

    Ran archive = installation.run("archive");
    assertThat(archive.exitCode()).isEqualTo(2);

    Ran fast = installation.run("--version");
    Files.delete(installation.classes());
    Files.writeString(installation.classes(), "of another Java");
    Ran slow = installation.run("--version");
    assertThat(slow.exitCode()).isZero();
    assertThat(slow.out()).isEqualTo(fast.out());
    assertThat(slow.err()).isEmpty();
  }

  private static void execute(Sandbox servers, String sql) throws Exception {
    try (Connection connection = servers.postgres().connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static void removeDemo(Installation installation) throws IOException {
    Path demo = installation.home().resolve("lib/demo");
    try (Stream<Path> jars = Files.list(demo)) {
      for (Path jar : jars.toList()) {
        Files.delete(jar);
      }
    }
    Files.delete(demo);
  }
}
