package dev.cachetide.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CommandLineTest {

  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "demo",
        "up",
        "run",
        "validate",
        "explain",
        "evict",
        "replay",
        "status",
        "lag",
        "console",
        "dead-letters",
        "conflicts",
        "pause",
        "resume",
        "resync",
        "archive"
      })
  void every_command_explains_itself_and_its_exit_codes(String command) {
    Invocation help = Invocation.of(command, "--help");

    assertThat(help.exitCode()).isZero();
    assertThat(help.out()).contains("Usage: cachetide " + command).contains("Exit codes:");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "dead-letters", "conflicts"})
  void what_each_command_is_for_is_a_whole_sentence(String command) {
    List<String> help = new ArrayList<>(Invocation.of(help(command)).out().lines().toList());

    List<String> list = help.subList(help.indexOf("Commands:") + 1, help.size());
    String commands = String.join("\n", list.subList(0, list.indexOf("")));
    assertThat(commands.split("\n(?=  [a-z])"))
        .hasSizeGreaterThan(3)
        .allSatisfy(each -> assertThat(each).matches("(?s)  [a-z-]+ +[A-Z][^.]+\\."));
  }

  private static String[] help(String command) {
    return command.isEmpty() ? new String[] {"--help"} : new String[] {command, "--help"};
  }

  @Test
  void an_unknown_command_is_bad_input() {
    assertThat(Invocation.of("frobnicate").exitCode()).isEqualTo(2);
  }

  @Test
  void a_pause_between_two_looks_has_bounds() throws Exception {
    Path file = Files.writeString(directory.resolve("shop.yaml"), "pipeline: shop\n");

    Invocation lag = Invocation.of("lag", "--watch=0", "--config", file.toString());

    assertThat(lag.exitCode()).isEqualTo(2);
    assertThat(lag.err()).contains("--watch").contains("1 to 3600");
  }

  @Test
  void a_class_archive_is_refused_to_a_source_tree() {
    Invocation archive = Invocation.of("archive");

    assertThat(archive.exitCode()).isEqualTo(2);
    assertThat(archive.err()).contains("source tree").contains("bin/cachetide of an installation");
  }

  @Test
  void a_missing_configuration_is_bad_input_that_names_the_option() {
    Invocation run = Invocation.of("run", "ingest");

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("--config");
  }

  @Test
  void an_unknown_role_is_bad_input_that_lists_the_roles() {
    Invocation run = Invocation.of("run", "cook", "--config", "x.yaml");

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("ingest").contains("invalidate").contains("write-behind");
  }

  @Test
  void a_role_refuses_a_file_that_does_not_name_its_servers() throws Exception {
    Path file = Files.writeString(directory.resolve("bare.yaml"), "pipeline: shop\n");

    Invocation run = Invocation.of("run", "invalidate", "--config", file.toString());

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err())
        .contains("bare.yaml: postgres")
        .contains("bare.yaml: kafka")
        .contains("bare.yaml: redis");
  }

  @Test
  void eight_mistakes_are_eight_messages_each_with_file_path_and_fix() throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("eight.yaml"),
            """
            pipeline: "My Shop"
            postgres: { url: "mysql://db/shop", user: cachetide, pasword: "x" }
            kafka: { enable.auto.commit: true }
            redis: { url: "http://cache" }
            http: { port: 99999 }
            rules:
              - name: users
                source: { schema: public, table: users }
                evict: [ { key: "user:{id" } ]
            writes:
              - table: public.users
            """);

    Invocation validate = Invocation.of("validate", "--offline", "--config", file.toString());

    assertThat(validate.exitCode()).isEqualTo(2);
    assertThat(validate.out().lines().filter(line -> line.contains("eight.yaml: ")))
        .hasSizeGreaterThanOrEqualTo(8);
    assertThat(validate.out())
        .contains("eight.yaml: pipeline")
        .contains("eight.yaml: postgres.url")
        .contains("eight.yaml: postgres.pasword")
        .contains("did you mean")
        .contains("eight.yaml: kafka")
        .contains("eight.yaml: redis.url")
        .contains("eight.yaml: http.port")
        .contains("eight.yaml: rules[0].evict[0].key")
        .contains("eight.yaml: writes[0]")
        .contains("fix: ");
  }

  @Test
  void problems_can_be_read_by_a_script() throws Exception {
    Path file = Files.writeString(directory.resolve("bad.yaml"), "pipline: shop\n");

    Invocation validate =
        Invocation.of("validate", "--offline", "--json", "--config", file.toString());

    assertThat(validate.exitCode()).isEqualTo(2);
    JsonNode report = new ObjectMapper().readTree(validate.out());
    assertThat(report.get("ok").asBoolean()).isFalse();
    assertThat(report.get("problems").get(0).get("fix").asText()).isNotBlank();
  }
}
