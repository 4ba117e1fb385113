package dev.cachetide.invalidation;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.invalidation.EventDecoder.MalformedEvent;
import dev.cachetide.invalidation.rules.ChangeEvent;
import dev.cachetide.runtime.postgres.ColumnInfo;
import dev.cachetide.runtime.postgres.ReplicaIdentity;
import dev.cachetide.runtime.postgres.TableInfo;
import dev.cachetide.wire.TableName;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a connector with other settings than docs/connect.md's writes is not taken for text. */
final class ColumnFormsTest {

  private static final TableInfo TABLE =
      new TableInfo(
          new TableName("public", "t"),
          'r',
          'p',
          List.of(
              column("id", "int8"),
              column("price", "numeric"),
              column("prices", "_numeric"),
              column("at", "timestamp"),
              column("took", "interval"),
              column("raw", "bytea")),
          List.of("id"),
          List.of(List.of("id")),
          ReplicaIdentity.DEFAULT,
          List.of("id"));

  private final EventDecoder decoder = new EventDecoder();
  private final ColumnForms forms = ColumnForms.of(TABLE);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "price  | \"AJY=\"            | decimal.handling.mode=string",
        "price  | 1.5                 | decimal.handling.mode=string",
        "price  | {\"scale\":1,\"value\":\"Dw==\"} | decimal.handling.mode=string",
        "prices | [\"1.50\",\"AJY=\"] | decimal.handling.mode=string",
        "at     | 1706702400123456    | time.precision.mode=isostring",
        "took   | 5000000             | interval.handling.mode=string",
        "raw    | \"yv4=\"            | binary.handling.mode=hex",
      })
  void a_value_that_is_not_text_is_not_told_and_its_setting_is(
      String column, String value, String setting) throws Exception {
    ConsumerRecord<byte[], byte[]> record = record(column, value);

    ChangeEvent event = decoder.decode(record, forms);

    assertThat(event.after().values()).containsOnlyKeys("id");
    assertThat(decoder.lacking(record, TABLE, forms)).contains("column " + column, setting);
    assertThat(decoder.decode(record).after().values()).containsKey("id");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "price  | \"1.50\"",
        "price  | \"-0.1\"",
        "price  | \"NAN\"",
        "price  | \"POSITIVE_INFINITY\"",
        "price  | null",
        "prices | [\"1.50\",null]",
        "at     | \"2024-01-31T12:00:00Z\"",
        "took   | \"P1Y0M2DT0H0M3.5S\"",
        "raw    | \"cafe\"",
        "raw    | \"\"",
      })
  void text_is_told(String column, String value) throws Exception {
    ConsumerRecord<byte[], byte[]> record = record(column, value);

    assertThat(decoder.decode(record, forms).after().values()).containsKeys("id", column);
    assertThat(decoder.lacking(record, TABLE, forms)).isEmpty();
  }

  @Test
  void a_schema_tells_how_to_read_what_is_not_text_but_not_a_number_that_has_lost_its_scale()
      throws MalformedEvent {
    String decimal = "\"type\":\"bytes\",\"name\":\"org.apache.kafka.connect.data.Decimal\"";

    assertThat(
            decoder
                .decode(
                    withSchema(decimal + ",\"parameters\":{\"scale\":\"2\"}", "\"AJY=\""), forms)
                .after()
                .values())
        .containsEntry("price", "1.50");
    assertThat(decoder.decode(withSchema("\"type\":\"double\"", "1.5"), forms).after().values())
        .isEmpty();
  }

  private static ConsumerRecord<byte[], byte[]> withSchema(String type, String value) {
    return event(
        ("{\"schema\":{\"fields\":[{\"field\":\"after\",\"fields\":[{\"field\":\"price\",%s}]}]},"
                + "\"payload\":{\"op\":\"c\",\"after\":{\"price\":%s}}}")
            .formatted(type, value));
  }

  private static ConsumerRecord<byte[], byte[]> record(String column, String value) {
    return event(
        "{\"op\":\"c\",\"before\":null,\"after\":{\"id\":1,\"%s\":%s}}".formatted(column, value));
  }

  private static ConsumerRecord<byte[], byte[]> event(String json) {
    return new ConsumerRecord<>("shop.public.t", 0, 0, null, json.getBytes(UTF_8));
  }

  private static ColumnInfo column(String name, String type) {
    return new ColumnInfo(name, "pg_catalog", type, 'X', false, false, false, false, false);
  }
}
