package dev.cachetide.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The command as it is installed: no source tree, no Maven, in a folder with a space in its name.
 */
final class InstalledIT {

  @TempDir private static Path directory;
  private static Installation installation;

  @BeforeAll
  static void unpack() throws Exception {
    installation = Installation.unpack(Files.createDirectory(directory.resolve("some where")));
  }

  @Test
  void it_tells_its_version() throws Exception {
    Ran version = installation.run("--version");

    assertThat(version.exitCode()).as(version.err()).isZero();
    assertThat(version.out())
        .isEqualTo("cachetide " + System.getProperty("project.version") + "\n");
  }

  @Test
  void a_link_in_a_folder_of_programs_will_do() throws Exception {
    Path link = Files.createSymbolicLink(directory.resolve("cachetide"), installation.launcher());

    Ran version = Installation.run(Duration.ofMinutes(1), Installation.command(link, "--version"));

    assertThat(version.exitCode()).as(version.err()).isZero();
  }

  @Test
  void the_example_configuration_is_right_and_a_mistake_in_it_is_told() throws Exception {
    Path example = installation.home().resolve("conf/cachetide.yaml");
    Path wrong =
        Files.writeString(
            directory.resolve("wrong.yaml"), Files.readString(example).replace("evict:", "evikt:"));

    Ran right = installation.run("validate", "--offline", "-c", example.toString());
    Ran refused = installation.run("validate", "--offline", "-c", wrong.toString());

    assertThat(right.exitCode()).as(right.out() + right.err()).isZero();
    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.out()).contains("wrong.yaml: rules[0].evikt").contains("did you mean");
  }

  @Test
  void without_java_it_says_what_to_install() throws Exception {
    ProcessBuilder command = installation.command("--version");
    command.environment().remove("JAVA_HOME");
    command.environment().put("PATH", programs("sh", "dirname", "readlink").toString());

    Ran ran = Installation.run(Duration.ofSeconds(10), command);

    assertThat(ran.exitCode()).isEqualTo(2);
    assertThat(ran.err()).contains("no java found").contains("17");
  }

  /** A folder with these programs and no others. */
  private static Path programs(String... names) throws Exception {
    Path folder = Files.createDirectory(directory.resolve("programs"));
    for (String name : names) {
      Files.createSymbolicLink(folder.resolve(name), Path.of("/usr/bin", name));
    }
    return folder;
  }

  @Test
  void the_probe_is_asked_without_a_jvm() throws Exception {
    Path probe = installation.home().resolve("bin/cachetide-health");
    ProcessBuilder nobody = Installation.command(probe, "/readyz");
    nobody.environment().put("CACHETIDE_HTTP_PORT", "1");

    assertThat(Installation.run(Duration.ofSeconds(10), nobody).exitCode()).isOne();
    assertThat(run(probe, "readyz").exitCode()).isEqualTo(2);
    assertThat(run(probe, "--help").out()).contains("Exit codes:");
  }

  private static Ran run(Path program, String... arguments) throws Exception {
    return Installation.run(Duration.ofSeconds(10), Installation.command(program, arguments));
  }

  @Test
  void the_demo_checks_everything_it_shows() throws Exception {
    Ran demo = Installation.run(Duration.ofMinutes(4), installation.command("demo", "--json"));

    assertThat(demo.exitCode()).as(demo.err()).isZero();
    JsonNode report = new ObjectMapper().readTree(demo.out());
    assertThat(report.get("ok").asBoolean()).isTrue();
    assertThat(report.get("evictions").asLong()).isGreaterThan(40_000);
  }
}
