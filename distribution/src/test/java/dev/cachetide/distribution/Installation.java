package dev.cachetide.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The tar.gz of this build, unpacked by {@code tar} as a user would. */
final class Installation {

  private final Path home;

  private Installation(Path home) {
    this.home = home;
  }

  /** The file that {@code mvn package} leaves. */
  static Path archive() {
    return Path.of(System.getProperty("distribution"));
  }

  /** Unpacks it below a folder. */
  static Installation unpack(Path into) throws Exception {
    Process tar =
        new ProcessBuilder("tar", "xzf", archive().toString(), "-C", into.toString())
            .inheritIO()
            .start();
    assertThat(tar.waitFor()).isZero();
    String name = archive().getFileName().toString().replace(".tar.gz", "");
    return new Installation(into.resolve(name));
  }

  Path home() {
    return home;
  }

  Path launcher() {
    return home.resolve("bin/cachetide");
  }

  /** Where the class archive is, once it was made. */
  Path classes() {
    return home.resolve("lib/classes.jsa");
  }

  /** A command of this installation that is yet to be started, in a folder that is not its own. */
  ProcessBuilder command(String... arguments) {
    return command(launcher(), arguments);
  }

  static ProcessBuilder command(Path program, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(program.toString());
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).directory(Path.of("/").toFile());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().remove("CACHETIDE_JAVA_OPTS");
    return builder;
  }

  Ran run(String... arguments) throws IOException, InterruptedException {
    return run(Duration.ofMinutes(1), command(arguments));
  }

  /** Runs a command to its end; fails when that takes longer than the limit. */
  static Ran run(Duration limit, ProcessBuilder command) throws IOException, InterruptedException {
    Path out = Files.createTempFile("installed", ".out");
    Path err = Files.createTempFile("installed", ".err");
    try {
      long began = System.nanoTime();
      Process process = command.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
      boolean ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
      if (!ended) {
        process.destroyForcibly().waitFor();
      }
      double seconds = (System.nanoTime() - began) / 1e9;
      assertThat(ended).as("ended within %s: %s", limit, Files.readString(err)).isTrue();
      return new Ran(process.exitValue(), Files.readString(out), Files.readString(err), seconds);
    } finally {
      Files.delete(out);
      Files.delete(err);
    }
  }
}
