package dev.cachetide.invalidation.refresh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cachetide.invalidation.refresh.ColumnType.Kind;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ValueTextTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          NUMBER              | 9007199254740993             | 9007199254740993
          NUMBER              | 1.50                         | 1.50
          NUMBER              | NaN                          | "NaN"
          FLOAT               | 1500                         | 1500
          FLOAT               | 1.5e+3                       | 1500
          FLOAT               | 0.1                          | 0.1
          BOOLEAN             | true                         | true
          TEXT                | a"b                          | "a\\"b"
          JSON                | { "b" : 1.50, "a": [null] }  | {"b":1.50,"a":[null]}
          JSON                | "text"                       | "text"
          DATE                | 2023-11-14Z                  | "2023-11-14"
          DATE                | 2023-11-14                   | "2023-11-14"
          TIME                | 22:13:00Z                    | "22:13:00"
          TIME                | 24:00:00                     | "00:00:00"
          TIME_WITH_ZONE      | 22:13:20+01                  | "21:13:20Z"
          TIME_WITH_ZONE      | 21:13:20Z                    | "21:13:20Z"
          TIMESTAMP           | 2023-11-14T22:13:20.12       | "2023-11-14T22:13:20.12Z"
          TIMESTAMP           | 2023-11-14T22:13:20.120000Z  | "2023-11-14T22:13:20.12Z"
          TIMESTAMP_WITH_ZONE | 2023-11-14T22:13:20+00:00    | "2023-11-14T22:13:20Z"
          TIMESTAMP_WITH_ZONE | 2023-11-14T23:13:20+01:00    | "2023-11-14T22:13:20Z"
          BYTES               | cafe                         | "yv4="
          """)
  void text_has_one_form_in_json(Kind kind, String text, String json) throws Exception {
    assertThat(json(text, new ColumnType(kind, null))).isEqualTo(json);
  }

  @Test
  void null_is_null_and_arrays_are_nested() throws Exception {
    assertThat(json(null, new ColumnType(Kind.TEXT, null))).isEqualTo("null");
    assertThat(json("[1,null,2]", new ColumnType(Kind.ARRAY, Kind.NUMBER))).isEqualTo("[1,null,2]");
    assertThat(json("[\"1.50\"]", new ColumnType(Kind.ARRAY, Kind.NUMBER))).isEqualTo("[1.50]");
    assertThat(json("[1.50]", new ColumnType(Kind.ARRAY, Kind.NUMBER))).isEqualTo("[1.50]");
  }

  @ParameterizedTest
  @CsvSource({
    "NUMBER, abc",
    "NUMBER, 1e999999999",
    "JSON, {",
    "JSON, 1e999999999",
    "DATE, infinity",
    "TIMESTAMP, +292278994-08-17T07:12:55.807Z",
    "TIMESTAMP_WITH_ZONE, infinity",
    "BYTES, xyz",
    "BOOLEAN, t"
  })
  void what_has_no_form_is_refused(Kind kind, String text) {
    assertThatThrownBy(() -> ValueText.json(text, new ColumnType(kind, null)))
        .isInstanceOf(UnrenderableException.class);
  }

  @Test
  void arrays_of_arrays_are_refused() {
    assertThatThrownBy(() -> ValueText.json("[[1]]", new ColumnType(Kind.ARRAY, Kind.NUMBER)))
        .isInstanceOf(UnrenderableException.class);
  }

  private static String json(@Nullable String text, ColumnType type) throws Exception {
    return ValueText.JSON.writeValueAsString(ValueText.json(text, type));
  }
}
