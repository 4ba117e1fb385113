package dev.cachetide.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every configuration of docs/adopting.md and docs/connect.md is one, and the first is as short as
 * it says.
 */
final class AdoptingDocTest {

  private static final Path PAGE = Path.of("..", "docs", "adopting.md");
  private static final Path CONNECT = Path.of("..", "docs", "connect.md");
  private static final Pattern YAML = Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL);

  @TempDir private Path directory;

  @Test
  void its_configurations_are_valid() throws IOException {
    List<String> all = new ArrayList<>(configurations(PAGE));
    all.addAll(configurations(CONNECT));
    assertThat(all).hasSize(4);
    for (String yaml : all) {
      String whole = yaml.startsWith("pipeline:") ? yaml : "pipeline: shop\n" + yaml;
      Path file = Files.writeString(directory.resolve("shop.yaml"), whole);

      Invocation validate = Invocation.of("validate", "--offline", "--config", file.toString());

      assertThat(validate.exitCode()).as(validate.out() + validate.err()).isZero();
    }
  }

  @Test
  void fifteen_lines_are_enough() throws IOException {
    assertThat(configurations(PAGE).get(0).lines()).hasSize(15);
  }

  private static List<String> configurations(Path page) throws IOException {
    return YAML.matcher(Files.readString(page)).results().map(AdoptingDocTest::text).toList();
  }

  private static String text(MatchResult block) {
    return block.group(1);
  }
}
