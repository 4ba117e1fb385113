package dev.cachetide.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

final class ShellHelpTest {

  @TempDir private Path directory;

  @Test
  void bash_completes_commands_options_and_values() throws Exception {
    assumeTrue(installed("bash"), "no bash here");
    Path script =
        Files.writeString(
            directory.resolve("completion"), Invocation.of("completion", "bash").out());

    assertThat(completed(script, "cachetide", "doc")).contains("doctor");
    assertThat(completed(script, "cachetide", "teardown", "--d")).contains("--dry-run");
    assertThat(completed(script, "cachetide", "run", "inv")).contains("invalidate");
    assertThat(completed(script, "cachetide", "topics", "cr")).contains("create");
  }

  @Test
  void zsh_is_given_the_same_behind_its_own_beginning() {
    Invocation zsh = Invocation.of("completion", "zsh");

    assertThat(zsh.exitCode()).isZero();
    assertThat(zsh.out())
        .startsWith("autoload -U +X compinit")
        .contains("bashcompinit")
        .contains(Invocation.of("completion", "bash").out().strip());
    assertThat(Invocation.of("completion", "fish").exitCode()).isEqualTo(2);
  }

  @Test
  void the_manual_names_every_command_and_every_option() {
    String manual = Invocation.of("man").out();

    assertThat(manual).startsWith(".TH \"CACHETIDE\" \"1\"");
    assertThat(manual.lines()).noneMatch(line -> line.startsWith("'"));
    commands(CachetideMain.commandLine())
        .forEach(
            command -> {
              String path =
                  command.getCommandSpec().qualifiedName(" ").replaceFirst("^cachetide ", "");
              assertThat(manual).contains(".SS \"" + path.replace("-", "\\-") + "\"");
              for (OptionSpec option : command.getCommandSpec().options()) {
                assertThat(manual).contains(option.longestName().replace("-", "\\-"));
              }
            });
  }

  @Test
  void groff_sets_the_manual_without_a_warning() throws Exception {
    assumeTrue(installed("groff"), "no groff here");
    Path page = Files.writeString(directory.resolve("cachetide.1"), Invocation.of("man").out());

    Ran groff = run("groff", "-man", "-ww", "-k", "-Tutf8", page.toString());

    assertThat(groff.status()).as(groff.err()).isZero();
    assertThat(groff.err()).isEmpty();
    assertThat(groff.out()).contains("cachetide doctor [");
  }

  private static Stream<CommandLine> commands(CommandLine parent) {
    return parent.getSubcommands().values().stream()
        .flatMap(each -> Stream.concat(Stream.of(each), commands(each)));
  }

  /** What bash would offer for the last word. */
  private String completed(Path script, String... words) throws Exception {
    String line = String.join(" ", words);
    Ran bash =
        run(
            "bash",
            "--norc",
            "-c",
            "source \"$1\"; COMP_WORDS=($2); COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ));"
                + " COMP_LINE=\"$2\"; COMP_POINT=${#COMP_LINE};"
                + " _complete_cachetide; printf '%s\\n' \"${COMPREPLY[@]}\"",
            "bash",
            script.toString(),
            line);
    assertThat(bash.status()).as(bash.err()).isZero();
    return bash.out();
  }

  private static boolean installed(String program) {
    try {
      return run(program, "--version").status() == 0;
    } catch (IOException e) {
      // There is no such program.
      return false;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Ran run(String... command) throws IOException, InterruptedException {
    Path out = Files.createTempFile("shell", ".out");
    Path err = Files.createTempFile("shell", ".err");
    try {
      Process process =
          new ProcessBuilder(List.of(command))
              .redirectOutput(out.toFile())
              .redirectError(err.toFile())
              .start();
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException(command[0] + " does not end");
      }
      return new Ran(
          process.exitValue(),
          Files.readString(out, StandardCharsets.UTF_8),
          Files.readString(err, StandardCharsets.UTF_8));
    } finally {
      Files.deleteIfExists(out);
      Files.deleteIfExists(err);
    }
  }

  private record Ran(int status, String out, String err) {}
}
