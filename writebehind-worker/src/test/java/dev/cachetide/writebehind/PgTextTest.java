package dev.cachetide.writebehind;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PgTextTest {

  @Test
  void numbers_are_written_out() throws Exception {
    assertThat(PgText.value(Tables.INT4, new BigDecimal("7.0"))).isEqualTo("7");
    assertThat(PgText.value(Tables.INT8, new BigDecimal("1e3"))).isEqualTo("1000");
    assertThat(PgText.value(Tables.NUMERIC, new BigDecimal("1.50"))).isEqualTo("1.50");
    assertThat(PgText.value(Tables.NUMERIC, "NaN")).isEqualTo("NaN");
    assertThatThrownBy(() -> PgText.value(Tables.INT4, new BigDecimal("7.5")))
        .isInstanceOf(MisfitException.class);
  }

  @Test
  void json_keeps_its_form_and_null_is_sql_null() throws Exception {
    assertThat(PgText.value(Tables.JSONB, Map.of("a", List.of(new BigDecimal("1.10"), "x"))))
        .isEqualTo("{\"a\":[1.10,\"x\"]}");
    assertThat(PgText.value(Tables.JSONB, "x")).isEqualTo("\"x\"");
    assertThat(PgText.value(Tables.JSONB, null)).isNull();
  }

  @Test
  void arrays_become_literals() throws Exception {
    PgType texts = Tables.arrayOf(Tables.TEXT);
    assertThat(PgText.value(texts, Arrays.asList("a\"b", "c\\d", null, "{x,y}", "", "NULL")))
        .isEqualTo("{\"a\\\"b\",\"c\\\\d\",NULL,\"{x,y}\",\"\",\"NULL\"}");
    assertThat(PgText.value(texts, List.of())).isEqualTo("{}");
    assertThat(
            PgText.value(
                Tables.arrayOf(Tables.INT4),
                List.of(List.of(new BigDecimal(1)), List.of(new BigDecimal(2)))))
        .isEqualTo("{{\"1\"},{\"2\"}}");
    assertThat(PgText.value(Tables.arrayOf(Tables.JSONB), List.of(List.of("x"))))
        .isEqualTo("{\"[\\\"x\\\"]\"}");
  }

  @Test
  void what_does_not_fit_is_named_without_its_value() {
    assertThatThrownBy(() -> PgText.value(Tables.INT4, true)).hasMessageContaining("int4");
    assertThatThrownBy(() -> PgText.value(Tables.TEXT, new BigDecimal(42)))
        .hasMessageContaining("text")
        .hasMessageNotContaining("42");
    assertThatThrownBy(() -> PgText.value(Tables.BOOL, "true")).hasMessageContaining("bool");
    assertThatThrownBy(() -> PgText.value(Tables.arrayOf(Tables.TEXT), "{}"))
        .hasMessageContaining("an array");
    assertThatThrownBy(() -> PgText.value(Tables.BYTEA, "yv4=")).hasMessageContaining("hex");
  }

  @Test
  void equal_keys_have_one_text() throws Exception {
    assertThat(PgText.key(Tables.INT8, "007")).isEqualTo("7");
    assertThat(PgText.key(Tables.NUMERIC, new BigDecimal("100.0"))).isEqualTo("100");
    assertThat(PgText.key(Tables.UUID, "00000000-0000-0000-0000-00000000000A"))
        .isEqualTo("00000000-0000-0000-0000-00000000000a");
    assertThatThrownBy(() -> PgText.key(Tables.UUID, "{a}")).isInstanceOf(MisfitException.class);
    assertThatThrownBy(() -> PgText.key(Tables.INT8, "0x7")).isInstanceOf(MisfitException.class);
  }

  @Test
  void only_numbers_can_be_added_to() throws Exception {
    assertThat(PgText.amount(Tables.NUMERIC, new BigDecimal("-0.10"))).isEqualTo("-0.10");
    assertThatThrownBy(() -> PgText.amount(Tables.INT4, new BigDecimal("0.5")))
        .hasMessageContaining("whole");
    assertThatThrownBy(() -> PgText.amount(Tables.TEXT, BigDecimal.ONE))
        .hasMessageContaining("nothing can be added");
  }
}
