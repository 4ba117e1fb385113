package dev.cachetide.key;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cachetide.key.KeyTemplate.Compilation;
import dev.cachetide.key.KeyTemplate.TooManyException;
import dev.cachetide.key.KeyTemplate.Values;
import dev.cachetide.key.Reference.Image;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class FormatTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      value = {
        "k:{v|lower} ! ÀB%c ! k:àb%25c",
        "k:{v|upper} ! àb ! k:ÀB",
        "k:{ v | lower | hash } ! ABC ! k:ba7816bf8f01cfea414140de5dae2223",
        "k:{v|date:yyyy-MM} ! 2023-11-14T22:13:20.123456Z ! k:2023-11",
        "k:{v|date:yyyy-MM-dd} ! 2023-11-14Z ! k:2023-11-14",
        "k:{v|date:yyyyMMdd HH:mm@Europe/Berlin}:x ! 2023-12-31T23:30:00Z ! k:20240101 00%3A30:x",
        "k:{v|date:yyyyMMdd@Europe/Berlin} ! 2023-12-31Z ! k:20231231",
        "k:{v|json:$.address.city} ! {\"address\":{\"city\":\"Ulm\"}} ! k:Ulm",
        "k:{v|json:$.address.city|upper} ! {\"address\":{\"city\":\"Ulm\"}} ! k:ULM",
        "k:{v|json:$[1]} ! [7,1.50] ! k:1.5",
        "k:{v|json:$.\"a.b|}\"} ! {\"a.b|}\":true} ! k:true",
        "k:{v|json:$.gone} ! {} ! k:%00",
        "k:{v|json:$.gone} ! 5 ! k:%00",
        "k:{v|json:$.o} ! {\"o\": {\"x\": 1}} ! k:{\"x\":1}",
        "k:{v|json:$.n} ! {\"n\":1e3} ! k:1000",
      })
  void a_value_is_written_as_its_formats_say(String template, String value, String key)
      throws TooManyException {
    assertThat(keys(template, value)).containsExactly(key);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      value = {
        "k:{v[]} ! [\"a\",\"b\",null] ! k:a k:b k:%00",
        "k:{v[]} ! [1,2.50] ! k:1 k:2.5",
        "k:{v[]} ! [[1,2],[3,1]] ! k:1 k:2 k:3",
        "k:{v[]|lower} ! [\"A\",\"a\"] ! k:a",
        "k:{v[]}:{v[]} ! [1,2] ! k:1:1 k:1:2 k:2:1 k:2:2",
        "k:{v|json:$.tags[*]} ! {\"tags\":[\"x\",\"y\"]} ! k:x k:y",
        "k:{v|json:$.lines[*].sku|lower} ! {\"lines\":[{\"sku\":\"A\"},{}]} ! k:a k:%00",
      })
  void a_list_makes_a_key_of_each_element(String template, String value, String keys)
      throws TooManyException {
    assertThat(keys(template, value)).containsExactly(keys.split(" "));
  }

  @Test
  void a_list_without_elements_makes_no_key() throws TooManyException {
    assertThat(keys("k:{v[]}", "[]")).isEmpty();
    assertThat(keys("k:{v[]}", null)).isEmpty();
    assertThat(keys("k:{v|json:$.tags[*]}", "{}")).isEmpty();
    assertThat(keys("k:{v|json:$.tags[*]}", null)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"lower", "upper", "hash", "date:yyyy", "json:$.a"})
  void null_stays_null(String format) throws TooManyException {
    assertThat(keys("k:{v|" + format + "}", null)).containsExactly("k:%00");
  }

  @Test
  void more_keys_than_allowed_are_refused_before_they_are_built() {
    String distinct = IntStream.range(0, 1_000).boxed().toList().toString().replace(" ", "");
    assertThatThrownBy(() -> keys("k:{v[]}:{v[]}:{v[]}:{v[]}:{v[]}:{v[]}", distinct))
        .isInstanceOf(TooManyException.class);
    assertThatThrownBy(() -> keys("k:{v[]}:{v[]}", distinct)).isInstanceOf(TooManyException.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      value = {
        "k:{v[]} ! text",
        "k:{v[]} ! {}",
        "k:{v|json:$.a} ! {secret",
        "k:{v|date:yyyy} ! infinity",
        "k:{v|date:yyyy} ! 12:00:00Z",
      })
  void a_value_that_a_format_does_not_fit_is_refused_without_being_quoted(
      String template, String value) {
    assertThatThrownBy(() -> keys(template, value))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContaining(value);
  }

  @Test
  void references_tell_image_column_and_formats() {
    KeyTemplate template =
        compile("k:{old.a}:{new.b c[]|lower}:{\"old.x\"}:{old.\"q\"\"|\"}:{a.b}");
    assertThat(template.references())
        .extracting(Reference::image)
        .containsExactly(Image.OLD, Image.NEW, Image.EITHER, Image.OLD, Image.EITHER);
    assertThat(template.columns()).containsExactly("a", "b c", "old.x", "q\"|", "a.b");
    assertThat(template.references().toString())
        .isEqualTo("[old.a, new.b c[]|lower, \"old.x\", old.\"q\"\"|\", \"a.b\"]");
    assertThat(template.multiplies()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      value = {
        "k:{v|loud} ! unknown format ! use one of lower",
        "k:{v|lower:x} ! with an argument ! |lower alone",
        "k:{v|date} ! without a pattern ! date:yyyy-MM-dd",
        "k:{v|date:bbb} ! does not know ! date:yyyy-MM-dd",
        "k:{v|date:yyyy@Mars/Base} ! does not know ! date:yyyy-MM-dd",
        "k:{v|json:address} ! no plain path ! json:$.address.city",
        "k:{v|json:$.a..b} ! no plain path ! json:$.address.city",
        "k:{v[1]} ! that is no column ! quotes",
        "k:{old.} ! that is no column ! quotes",
        "k:{v|} ! unknown format ! use one of lower",
      })
  void what_is_no_format_is_refused_with_what_to_write(String text, String what, String fix) {
    assertThat(KeyTemplate.compile(text))
        .isInstanceOfSatisfying(
            Compilation.Refused.class,
            refused -> {
              assertThat(refused.message()).contains(what);
              assertThat(refused.fix()).contains(fix);
            });
  }

  private static List<String> keys(String template, @Nullable String value)
      throws TooManyException {
    return compile(template).renderAll(Values.of(Collections.singletonMap("v", value)), 1_000);
  }

  private static KeyTemplate compile(String text) {
    Compilation compilation = KeyTemplate.compile(text);
    assertThat(compilation).isInstanceOf(Compilation.Compiled.class);
    return ((Compilation.Compiled) compilation).template();
  }

  @Test
  void a_row_may_be_a_plain_map() {
    assertThat(compile("k:{a|upper}").render(Map.of("a", "x"))).isEqualTo("k:X");
    assertThatThrownBy(() -> compile("k:{a[]}").render(Map.of("a", "[]")))
        .isInstanceOf(IllegalStateException.class);
  }
}
