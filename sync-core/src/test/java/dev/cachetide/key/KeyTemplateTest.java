package dev.cachetide.key;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cachetide.key.KeyTemplate.Compilation;
import dev.cachetide.key.KeyTemplate.TooManyException;
import dev.cachetide.key.KeyTemplate.Values;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class KeyTemplateTest {

  private static final List<String> HOSTILE =
      Arrays.asList(
          null,
          "",
          "null",
          "NULL",
          "*",
          "?",
          "[a]",
          "{",
          "}",
          "{id}",
          ":",
          "::",
          "%",
          "%%",
          "%25",
          "%00",
          "%3A",
          "a:b",
          "a",
          "b",
          "\"",
          "'",
          "\n",
          "\\",
          "\uD83D\uDE00",
          "é",
          " ",
          "0",
          "3A");

  @ParameterizedTest
  @CsvSource({
    "user:{id}, 7, user:7",
    "user:{id}, a:b, user:a:b",
    "user:{id}, 100%, user:100%25",
    "user:{id}, *, user:*",
    "user:{id}:orders, a:b, user:a%3Ab:orders",
    "{{x}}:{id}, 1, {x}:1",
    "k→{id}→x, a→b, k→a%E2%86%92b→x",
  })
  void a_value_is_written_as_its_text_but_for_percent_and_delimiter(
      String template, String value, String key) {
    assertThat(compile(template).render(Map.of("id", value))).isEqualTo(key);
  }

  @Test
  void null_and_the_empty_text_and_the_word_null_have_keys_of_their_own() {
    KeyTemplate template = compile("user:{id}");
    Map<String, String> none = new HashMap<>();
    none.put("id", null);

    assertThat(
            List.of(
                template.render(none),
                template.render(Map.of("id", "")),
                template.render(Map.of("id", "null"))))
        .containsExactly("user:%00", "user:", "user:null");
  }

  @Test
  void a_column_that_is_missing_is_refused() {
    assertThatThrownBy(() -> compile("user:{id}").render(Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("id");
  }

  @ParameterizedTest
  @ValueSource(strings = {"k:{a}:{b}", "k:{a}:{b}:x", "k{a}-{b}", "k{a}::{b}", "k{a}{{{b}"})
  void rows_that_differ_have_keys_that_differ(String text) {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    KeyTemplate template = compile(text);
    Map<String, List<String>> rowsByKey = new HashMap<>();
    for (int i = 0; i < 100_000; i++) {
      String a = hostile(random);
      String b = hostile(random);
      Map<String, String> row = new HashMap<>();
      row.put("a", a);
      row.put("b", b);
      List<String> other = rowsByKey.putIfAbsent(template.render(row), Arrays.asList(a, b));
      if (other != null) {
        assertThat(other).as("seed %d", seed).isEqualTo(Arrays.asList(a, b));
      }
    }
  }

  private static String hostile(Random random) {
    String value = HOSTILE.get(random.nextInt(HOSTILE.size()));
    for (int more = random.nextInt(3); more > 0 && value != null; more--) {
      String next = HOSTILE.get(1 + random.nextInt(HOSTILE.size() - 1));
      value += next;
    }
    return value;
  }

  @ParameterizedTest
  @CsvSource({
    "user:{id}, user:*",
    "user:{id}:orders, user:*:orders",
    "a*b?[c]:{id}, a\\*b\\?\\[c\\]:*",
    "constant, constant",
  })
  void the_pattern_covers_every_key_and_takes_literals_literally(String text, String pattern) {
    assertThat(compile(text).pattern()).isEqualTo(pattern);
  }

  @Test
  void columns_are_listed_in_their_order() {
    assertThat(compile("k:{b}:{order id}:{b}").columns()).containsExactly("b", "order id", "b");
  }

  @ParameterizedTest
  @CsvSource({
    "user:{id, closing",
    "user:id}, opening",
    "user:{}, without a column name",
    "user:{a}{b}, nothing between them",
    "{id}, no fixed beginning",
    "'', no fixed beginning",
    "user:{id}0, hex digit",
    "user:{id}%, hex digit",
  })
  void a_template_that_cannot_be_used_is_refused_with_a_reason(String text, String reason) {
    assertThat(KeyTemplate.compile(text))
        .isInstanceOfSatisfying(
            Compilation.Refused.class,
            refused -> {
              assertThat(refused.message()).contains(reason);
              assertThat(refused.fix()).isNotBlank();
            });
  }

  private static KeyTemplate compile(String text) {
    Compilation compilation = KeyTemplate.compile(text);
    assertThat(compilation).isInstanceOf(Compilation.Compiled.class);
    return ((Compilation.Compiled) compilation).template();
  }

  @Test
  void a_glob_holds_the_wildcards_of_its_text_and_none_of_its_values() throws TooManyException {
    KeyTemplate template = glob("list:{a}:[0-9]?:{b}");
    Map<String, String> row = Map.of("a", "x:*", "b", "[\\^?]%");
    assertThat(template.renderGlobs(Values.of(row), 1))
        .containsExactly("list:x%3A\\*:[0-9]?:\\[\\\\\\^\\?\\]%25");
    assertThat(template.widestGlob()).isEqualTo("list:*:[0-9]?:*");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{id}:*",
        "*:{id}",
        "?a",
        "[ab]:x",
        "a:{id}*",
        "a:{id}?",
        "a:{id}[b]",
        "a:{id}\\:b",
        "a[{id}]",
        "a:\\{id}",
        "a:[b",
        "a:b\\"
      })
  void a_glob_whose_wildcards_could_reach_other_rows_is_refused(String text) {
    assertThat(KeyTemplate.compileGlob(text)).isInstanceOf(Compilation.Refused.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"a", "a:*", "a:{id}", "a:{id}:*", "a:[b-c]:{id}", "a:\\[:{id}", "a:*:{id}"})
  void a_glob_with_its_wildcards_in_its_text_is_taken(String text) {
    glob(text);
  }

  private static KeyTemplate glob(String text) {
    return ((Compilation.Compiled) KeyTemplate.compileGlob(text)).template();
  }
}
