package dev.cachetide;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

final class StrategiesDocTest {

  private static final Pattern JAVA = Pattern.compile("```java\\n(.*?)```", Pattern.DOTALL);

  @Test
  void every_line_of_java_in_the_document_is_compiled_as_it_stands_there() throws IOException {
    String document = Files.readString(Path.of("../docs/strategies.md"));
    String source =
        bare(Files.readString(Path.of("src/test/java/dev/cachetide/StrategiesExamples.java")));
    List<String> examples = JAVA.matcher(document).results().map(found -> found.group(1)).toList();
    assertThat(examples).hasSizeGreaterThan(12);
    assertThat(examples).allSatisfy(example -> assertThat(source).contains(bare(example)));
  }

  private static String bare(String java) {
    return java.replaceAll("\\s+", "");
  }
}
