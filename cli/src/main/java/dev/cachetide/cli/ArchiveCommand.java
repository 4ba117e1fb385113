package dev.cachetide.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cachetide.cli.demo.Rehearsal;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Problem;
import dev.cachetide.runtime.settings.Section;
import dev.cachetide.sandbox.ChildJvm;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code cachetide archive}.
 *
 * <p>Most of a worker's start is the JVM reading and checking some ten thousand classes. An archive
 * of class data (JEP 350) holds them as the JVM wants them. It is made where the installation is,
 * because it counts for one build of the JVM and for these very jars. What it should hold is found
 * by running the workers for a moment.
 */
@Command(
    name = "archive",
    description = {
      "Makes the class archive of an installation, with which workers and commands start on less",
      "processor time. Needs lib/demo: it runs the workers on embedded servers for a moment.",
      "Anew after another Java was installed; an archive that does not fit is passed over."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  cachetide archive",
      "  cachetide archive --json",
      "",
      "Exit codes: 0 it is there, 1 it could not be made or written, 2 not an installation."
    })
final class ArchiveCommand implements Callable<Integer> {

  private static final String FILE = "cachetide.archive";
  private static final String CLASS_PATH = "cachetide.archive.classpath";

  /** What the JVM says of a class that is not from its own archive. */
  private static final String FROM_ARCHIVE = "shared objects file (top)";

  private static final Duration READ_WITHIN = Duration.ofMinutes(1);

  @Option(
      names = "--json",
      description = "Print one JSON object to stdout; progress goes to stderr.")
  private boolean json;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    Logs.onlyErrors();
    long began = System.nanoTime();
    Path archive = Path.of(ofInstallation(FILE));
    String classPath = ofInstallation(CLASS_PATH);
    if (!Files.isWritable(archive.resolveSibling(""))) {
      err().println("cachetide: " + archive + " cannot be written by this user");
      return CachetideMain.FAILED;
    }
    Path made = archive.resolveSibling(archive.getFileName() + ".new");
    try {
      make(made, classPath);
      requireUsable(made, classPath);
      Files.move(made, archive, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(made);
    }
    print(archive, (System.nanoTime() - began) / 1e9);
    return CachetideMain.OK;
  }

  private void make(Path made, String classPath) throws Exception {
    Path shop = Shop.configuration();
    PipelineSettings named = Configuration.load(shop, EnumSet.noneOf(Section.class));
    try (Scratch scratch = Scratch.create("cachetide-archive");
        EmbeddedServers servers = EmbeddedServers.startMissing(named, shop, null, err()::println)) {
      Shop.createIn(servers.complete());
      err().println("running the workers for a moment ...");
      new Rehearsal(servers.complete(), scratch.path())
          .play(
              shop,
              CachetideMain.class.getName(),
              classPath,
              "-XX:ArchiveClassesAtExit=" + made,
              "-Dcachetide.log.level=WARN");
    }
  }

  /** The JVM crashes on half an archive, so nothing is put in place that it has not read. */
  private static void requireUsable(Path made, String classPath) {
    try (ChildJvm reading =
        ChildJvm.of(CachetideMain.class)
            .classPath(classPath)
            .jvmOptions("-XX:SharedArchiveFile=" + made, "-Xlog:class+load")
            .arguments("--version")
            .start()) {
      int code = reading.exitCode(READ_WITHIN);
      if (code != 0 || !reading.output().contains(FROM_ARCHIVE)) {
        throw new IllegalStateException(
            "Java does not read the archive that it has made; exit code " + code);
      }
    }
  }

  private void print(Path archive, double seconds) throws IOException {
    PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
    long bytes = Files.size(archive);
    if (json) {
      out.println(
          new ObjectMapper()
              .writeValueAsString(
                  Map.of("file", archive.toString(), "bytes", bytes, "seconds", seconds)));
    } else {
      out.printf("%s, %,d MB, made in %.0f s%n", archive, bytes >> 20, seconds);
    }
  }

  private static String ofInstallation(String property) throws ConfigurationRejected {
    String value = System.getProperty(property);
    if (value == null) {
      throw new ConfigurationRejected(
          List.of(
              new Problem(
                  "cachetide",
                  "archive",
                  "this runs from the source tree, whose classes change",
                  "use bin/cachetide of an installation")));
    }
    return value;
  }

  private PrintWriter err() {
    return Objects.requireNonNull(spec).commandLine().getErr();
  }
}
