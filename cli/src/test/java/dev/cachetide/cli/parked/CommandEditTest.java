package dev.cachetide.cli.parked;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class CommandEditTest {

  private static final String UPDATE =
      "{\"v\":1,\"op\":\"update\",\"table\":\"public.p\",\"key\":{\"id\":7},\"set\":{\"price\":1.50}}";

  @Test
  void values_are_json_or_text_and_stand_where_their_column_does() throws Exception {
    Map<String, String> values = new LinkedHashMap<>();
    values.put("price", "12.50");
    values.put("id", "8");
    values.put("name", "Ada Lovelace");
    values.put("code", "\"007\"");
    values.put("note", "null");

    assertThat(new String(CommandEdit.of(UPDATE.getBytes(UTF_8), values, "3"), UTF_8))
        .isEqualTo(
            "{\"v\":1,\"op\":\"update\",\"table\":\"public.p\",\"key\":{\"id\":8},"
                + "\"set\":{\"price\":12.50,\"name\":\"Ada Lovelace\",\"code\":\"007\",\"note\":null},"
                + "\"base\":3}");
  }

  @Test
  void every_digit_of_the_others_stays() throws Exception {
    String delta =
        "{\"v\":1,\"op\":\"delta\",\"table\":\"public.p\",\"key\":{\"id\":9007199254740993},"
            + "\"add\":{\"a\":0.10,\"b\":1}}";

    assertThat(new String(CommandEdit.of(delta.getBytes(UTF_8), Map.of("b", "-2"), null), UTF_8))
        .isEqualTo(delta.replace("\"b\":1", "\"b\":-2"));
  }

  @Test
  void what_is_no_command_is_not_edited() {
    assertThatThrownBy(() -> CommandEdit.of("oops".getBytes(UTF_8), Map.of("a", "1"), null))
        .isInstanceOf(LetterException.class)
        .hasMessageContaining("--fix FILE");
    assertThatThrownBy(() -> CommandEdit.of(null, Map.of("a", "1"), null))
        .isInstanceOf(LetterException.class);
  }
}
