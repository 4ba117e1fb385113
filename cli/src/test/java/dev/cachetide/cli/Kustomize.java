package dev.cachetide.cli;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cachetide.cli.Manifests.Manifest;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What {@code kubectl kustomize} makes of a folder. It asks no cluster and no network. */
final class Kustomize {

  private Kustomize() {}

  /** Skips the test on a machine without kubectl. */
  static List<Manifest> render(Path folder) throws IOException, InterruptedException {
    assumeTrue(onPath(), "no kubectl on this machine: docker/kubernetes was not rendered");
    Path out = Files.createTempFile("kustomize", ".yaml");
    try {
      Process kubectl =
          new ProcessBuilder("kubectl", "kustomize", folder.toString())
              .redirectErrorStream(true)
              .redirectOutput(out.toFile())
              .start();
      if (!kubectl.waitFor(60, TimeUnit.SECONDS) || kubectl.exitValue() != 0) {
        kubectl.destroyForcibly();
        throw new AssertionError(folder + ": " + Files.readString(out));
      }
      return Manifests.read(Files.readString(out));
    } finally {
      Files.delete(out);
    }
  }

  private static boolean onPath() {
    String path = System.getenv().getOrDefault("PATH", "");
    return Stream.of(path.split(Pattern.quote(File.pathSeparator)))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, "kubectl")));
  }
}
