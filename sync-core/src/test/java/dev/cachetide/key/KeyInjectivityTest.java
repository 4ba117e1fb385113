package dev.cachetide.key;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.key.KeyTemplate.Compilation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Different rows have different keys: a million short, hostile rows, in which many are near. */
final class KeyInjectivityTest {

  private static final long SEED = Long.getLong("seed", 20_261_125L);
  private static final int TEMPLATES = 40;
  private static final int ROWS = 25_000;
  private static final List<String> SEPARATORS =
      List.of(":", "::", "-", "|", "é", "\u0301", "\uD83D\uDE42", ":%", "z", "{{", "}}", " ", "\n");
  private static final List<String> LETTERS =
      List.of(
          ":",
          "-",
          "|",
          "é",
          "\u0301",
          "\uD83D\uDE42",
          "%",
          "z",
          "{",
          "}",
          " ",
          "\n",
          "0",
          "2",
          "3",
          "5",
          "A",
          "C",
          "a",
          "%3A",
          "%25",
          "%00",
          "null",
          "*",
          "\\");

  private final Random random = new Random(SEED);

  @Test
  void a_million_rows_that_differ_have_a_million_keys_that_differ() {
    for (int t = 0; t < TEMPLATES; t++) {
      List<String> columns = List.of("a", "b", "c", "d").subList(0, 1 + random.nextInt(4));
      String text = template(columns);
      KeyTemplate template = ((Compilation.Compiled) KeyTemplate.compile(text)).template();
      Map<String, Map<String, @Nullable String>> rows = new HashMap<>();
      for (int i = 0; i < ROWS; i++) {
        Map<String, @Nullable String> row = new HashMap<>();
        columns.forEach(column -> row.put(column, value()));
        Map<String, @Nullable String> other = rows.put(template.render(row), row);
        assertThat(other).as("%s, seed %d", text, SEED).isIn(null, row);
      }
    }
  }

  private String template(List<String> columns) {
    StringBuilder template = new StringBuilder("k:");
    for (int i = 0; i < columns.size(); i++) {
      boolean followed = i < columns.size() - 1 || random.nextInt(3) == 0;
      template.append('{').append(columns.get(i)).append('}');
      template.append(followed ? one(SEPARATORS) : "");
    }
    return template.toString();
  }

  private @Nullable String value() {
    int length = random.nextInt(8) - 1;
    if (length < 0) {
      return null;
    }
    List<String> letters = new ArrayList<>();
    for (int i = 0; i < length; i++) {
      letters.add(one(LETTERS));
    }
    return String.join("", letters);
  }

  private <T> T one(List<T> of) {
    return of.get(random.nextInt(of.size()));
  }
}
