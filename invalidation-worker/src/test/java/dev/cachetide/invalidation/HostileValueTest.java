package dev.cachetide.invalidation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.invalidation.rules.ChangeEvent;
import dev.cachetide.invalidation.rules.RowImage;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Values that a topic may hold and that must neither end the loop nor name a wrong key. */
final class HostileValueTest {

  private static final String CONNECT = "org.apache.kafka.connect.data.";
  private static final String SCALE_2 = "{\"scale\":\"2\"}";

  @ParameterizedTest
  @ValueSource(strings = {"\"***\"", "\"\"", "\"B\""})
  void a_decimal_that_is_no_number_leaves_its_column_unknown(String value) throws Exception {
    assertUnknown(typed(CONNECT + "Decimal", SCALE_2, value));
  }

  @Test
  void a_decimal_whose_scale_asks_for_a_gigabyte_leaves_its_column_unknown() throws Exception {
    assertUnknown(typed(CONNECT + "Decimal", "{\"scale\":\"-900000000\"}", "\"BOI=\""));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1e900000000", "-1e900000000", "1e-900000000"})
  void a_number_whose_exponent_asks_for_a_gigabyte_leaves_its_column_unknown(String value)
      throws Exception {
    assertUnknown(bare(value));
  }

  @ParameterizedTest
  @CsvSource({
    "io.debezium.time.Date, 9223372036854775807",
    "io.debezium.time.Timestamp, 9223372036825200000",
    "io.debezium.time.MicroTime, 9223372036854775807",
    "io.debezium.time.MicroTime, 86400000001",
    "io.debezium.time.Date, '\"today\"'",
    "io.debezium.time.Date, 1.5",
    "io.debezium.data.VariableScaleDecimal, 7",
  })
  void a_value_that_its_type_cannot_hold_leaves_its_column_unknown(String type, String value)
      throws Exception {
    assertUnknown(typed(type, "{}", value));
  }

  @Test
  void the_other_columns_of_such_a_row_are_known() throws Exception {
    assertThat(bare("1e900000000").values()).containsEntry("id", "7");
  }

  @Test
  void the_end_of_the_day_is_midnight_as_debezium_writes_it() throws Exception {
    assertThat(typed("io.debezium.time.MicroTime", "{}", "86400000000").values())
        .containsEntry("x", "00:00:00Z");
  }

  @Test
  void bytea_in_base64_names_the_key_that_it_names_in_hex() throws Exception {
    assertThat(image(",\"type\":\"bytes\"", "\"yv4=\"").values())
        .isEqualTo(bare("\"cafe\"").values());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"__debezium_unavailable_value\"",
        "\"5f5f646562657a69756d5f756e617661696c61626c655f76616c7565\"",
        "\"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==\"",
      })
  void a_value_that_postgres_did_not_repeat_is_no_value(String value) throws Exception {
    RowImage row = bare(value);

    assertThat(row.values()).doesNotContainKey("x");
    assertThat(row.unavailable()).containsExactly("x");
  }

  private static void assertUnknown(RowImage row) {
    assertThat(row.values()).doesNotContainKey("x");
    assertThat(row.unavailable()).isEmpty();
  }

  private static RowImage typed(String type, String parameters, String value) throws Exception {
    return image(",\"name\":\"" + type + "\",\"parameters\":" + parameters, value);
  }

  private static RowImage image(String schema, String value) throws Exception {
    return decode(
        "{\"schema\":{\"fields\":[{\"field\":\"after\",\"fields\":[{\"field\":\"x\""
            + schema
            + "}]}]},\"payload\":"
            + envelope(value)
            + "}");
  }

  private static RowImage bare(String value) throws Exception {
    return decode(envelope(value));
  }

  private static String envelope(String value) {
    return "{\"op\":\"c\",\"before\":null,\"after\":{\"id\":7,\"x\":" + value + "},\"source\":{}}";
  }

  private static RowImage decode(String json) throws Exception {
    ConsumerRecord<byte[], byte[]> record =
        new ConsumerRecord<>(
            "shop.public.t", 0, 0, new byte[0], json.getBytes(StandardCharsets.UTF_8));
    ChangeEvent event = Objects.requireNonNull(new EventDecoder().decode(record));
    return Objects.requireNonNull(event.after());
  }
}
