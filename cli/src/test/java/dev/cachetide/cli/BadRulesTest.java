package dev.cachetide.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Files with one mistake each; their first two lines say what must be said of it. */
final class BadRulesTest {

  private static final Path FOLDER = Path.of("src", "test", "resources", "bad-rules");
  private static final String SAYS = "# says: ";
  private static final String FIX = "# fix: ";

  static List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void a_mistake_gives_one_message_with_its_place_and_fix(Path file) throws IOException {
    List<String> lines = Files.readAllLines(file);

    JsonNode problems = problems(file);

    assertThat(problems).as(problems.toPrettyString()).hasSize(1);
    String said = problems.get(0).get("path").asText() + ": " + message(problems);
    assertThat(said).isEqualTo(lines.get(0).substring(SAYS.length()));
    assertThat(problems.get(0).get("fix").asText()).isEqualTo(lines.get(1).substring(FIX.length()));
  }

  @Test
  void no_two_mistakes_give_the_same_message() throws IOException {
    assertThat(files()).hasSizeGreaterThanOrEqualTo(25);
    Map<String, Path> seen = new HashMap<>();
    for (Path file : files()) {
      JsonNode problems = problems(file);
      String message = problems.get(0).get("path").asText() + ": " + message(problems);
      assertThat(seen.put(message, file)).as(message + " of " + file).isNull();
    }
  }

  private static String message(JsonNode problems) {
    return problems.get(0).get("message").asText();
  }

  private static JsonNode problems(Path file) throws IOException {
    Invocation validate =
        Invocation.of("validate", "--offline", "--json", "--config", file.toString());
    assertThat(validate.exitCode()).as(validate.out()).isEqualTo(2);
    return new ObjectMapper().readTree(validate.out()).get("problems");
  }
}
