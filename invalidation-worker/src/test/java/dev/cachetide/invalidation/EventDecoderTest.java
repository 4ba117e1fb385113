package dev.cachetide.invalidation;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cachetide.invalidation.EventDecoder.MalformedEvent;
import dev.cachetide.invalidation.rules.ChangeEvent;
import dev.cachetide.invalidation.rules.ChangeEvent.Operation;
import java.util.Base64;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class EventDecoderTest {

  private final EventDecoder decoder = new EventDecoder();

  @Test
  void an_envelope_without_schemas_tells_operation_images_transaction_and_time() throws Exception {
    ChangeEvent event =
        decode(
            """
            {"before":{"id":1,"email":null},"after":{"id":1,"email":"a","price":"1.50","ok":true,
             "ratio":1.5E3,"tags":["a","b"],"doc":"__debezium_unavailable_value"},
             "source":{"schema":"public","table":"users","txId":77,"ts_ms":5,"ts_us":5001},"op":"u"}
            """);

    assertThat(event.operation()).isEqualTo(Operation.UPDATE);
    assertThat(event.before().values()).containsEntry("id", "1").containsEntry("email", null);
    assertThat(event.after().values())
        .containsEntry("email", "a")
        .containsEntry("price", "1.50")
        .containsEntry("ok", "true")
        .containsEntry("ratio", "1500")
        .containsEntry("tags", "[\"a\",\"b\"]")
        .doesNotContainKey("doc");
    assertThat(event.after().unavailable()).containsExactly("doc");
    assertThat(event.xid()).isEqualTo(77);
    assertThat(event.committedMicros()).isEqualTo(5001);
  }

  @Test
  void the_64_bit_transaction_id_of_the_header_wins() throws Exception {
    ConsumerRecord<byte[], byte[]> record = record("{\"op\":\"t\",\"source\":{\"txId\":5}}");
    record.headers().add("cachetide.xid", "4294967301".getBytes(UTF_8));

    assertThat(decoder.decode(record).xid()).isEqualTo(4294967301L);
  }

  @Test
  void of_a_changed_primary_key_the_create_comes_after_the_delete_at_the_same_position()
      throws Exception {
    ConsumerRecord<byte[], byte[]> delete =
        record("{\"op\":\"d\",\"before\":{\"id\":1},\"source\":{\"lsn\":9}}");
    delete.headers().add("__debezium.newkey", "{\"id\":2}".getBytes(UTF_8));
    ConsumerRecord<byte[], byte[]> create =
        record("{\"op\":\"c\",\"after\":{\"id\":2},\"source\":{\"lsn\":9}}");
    create.headers().add("__debezium.oldkey", "{\"id\":1}".getBytes(UTF_8));

    assertThat(decoder.decode(delete).origin().sequence()).isZero();
    assertThat(decoder.decode(create).origin().sequence()).isOne();
    create.headers().add("cachetide.tx.order", "7".getBytes(UTF_8));
    assertThat(decoder.decode(create).origin().sequence()).isEqualTo(7);
  }

  @Test
  void what_the_connector_has_unwrapped_or_converted_names_the_setting() {
    assertThatThrownBy(() -> decode("{\"id\":1}")).hasMessageContaining("ExtractNewRecordState");
    assertThatThrownBy(() -> decode("Struct{id=1}")).hasMessageContaining("value.converter");
  }

  @Test
  void with_schemas_values_that_travel_as_bytes_and_numbers_become_the_same_text()
      throws Exception {
    ChangeEvent event =
        decode(
            """
            {"schema":{"type":"struct","fields":[{"field":"after","type":"struct","fields":[
               {"field":"id","type":"int32"},
               {"field":"price","type":"bytes","name":"org.apache.kafka.connect.data.Decimal",
                "parameters":{"scale":"2"}},
               {"field":"day","type":"int32","name":"io.debezium.time.Date"},
               {"field":"at","type":"int64","name":"io.debezium.time.MicroTimestamp"},
               {"field":"zoned","type":"string","name":"io.debezium.time.ZonedTimestamp"}]}]},
             "payload":{"op":"c","before":null,"after":{"id":1,"price":"AJY=","day":19753,
               "at":1706702400123456,"zoned":"2024-01-31T12:00:00Z"}}}
            """);

    assertThat(event.after().values())
        .containsEntry("price", "1.50")
        .containsEntry("day", "2024-01-31Z")
        .containsEntry("at", "2024-01-31T12:00:00.123456Z")
        .containsEntry("zoned", "2024-01-31T12:00:00Z");
  }

  @Test
  void a_trimmed_value_is_neither_known_nor_the_same_in_the_other_image() throws Exception {
    ConsumerRecord<byte[], byte[]> record =
        record(
            """
            {"op":"u","before":{"id":1,"labels":[7],"text":"short","doc":"kept"},"after":
             {"id":1,"labels":[],"text":"__debezium_unavailable_value",
              "doc":"__debezium_unavailable_value"}}
            """);
    record.headers().add("cachetide.trimmed", "labels".getBytes(UTF_8));
    record.headers().add("cachetide.trimmed", "text".getBytes(UTF_8));

    ChangeEvent event = decoder.decode(record);

    assertThat(event.after().values()).containsOnlyKeys("id");
    assertThat(event.after().unavailable()).containsExactly("doc");
    assertThat(event.before().values()).containsOnlyKeys("id", "doc");
  }

  @Test
  void a_value_that_postgres_did_not_repeat_is_recognised_in_every_type() throws Exception {
    String placeholder = "__debezium_unavailable_value";
    String numbers = placeholder.chars().mapToObj(Integer::toString).collect(joining(","));
    String pair = "\"" + placeholder + "\":\"" + placeholder + "\"";
    String base64 = Base64.getEncoder().encodeToString(placeholder.getBytes(UTF_8));
    String after =
        "{\"texts\":[\"%s\"],\"numbers\":[%s],\"bytes\":\"%s\",\"pairs\":{%s},\"json\":\"{%s}\"}"
            .formatted(placeholder, numbers, base64, pair, pair.replace("\"", "\\\""));

    ChangeEvent event = decode("{\"op\":\"c\",\"after\":" + after + "}");

    assertThat(event.after().values()).isEmpty();
    assertThat(event.after().unavailable())
        .containsExactlyInAnyOrder("texts", "numbers", "bytes", "pairs", "json");
  }

  @Test
  void a_tombstone_and_a_logical_message_change_no_row() throws Exception {
    assertThat(decoder.decode(new ConsumerRecord<>("t", 0, 0, null, null))).isNull();
    assertThat(decode("{\"op\":\"m\",\"message\":{}}")).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "secret",
        "[1]",
        "42",
        "{\"after\":{\"id\":\"secret\"}}",
        "{\"op\":\"z\"}",
        "{\"op\":7}",
        "{\"op\":\"c\",\"after\":null}",
        "{\"op\":\"u\",\"after\":null,\"before\":{\"id\":1}}",
        "{\"op\":\"d\",\"before\":null}",
        "{\"op\":\"c\",\"after\":\"secret\"}",
        "{\"op\":\"c\",\"after\":{\"id\":1}} secret",
        "{\"schema\":{},\"payload\":3}",
      })
  void what_is_no_change_event_is_malformed_and_its_values_stay_unsaid(String value) {
    assertThatThrownBy(() -> decode(value))
        .isInstanceOf(MalformedEvent.class)
        .hasMessageNotContaining("secret");
  }

  @Test
  void what_is_nested_too_deeply_is_malformed() {
    assertThatThrownBy(() -> decode("[".repeat(5_000) + "]".repeat(5_000)))
        .isInstanceOf(MalformedEvent.class);
  }

  private ChangeEvent decode(String value) throws MalformedEvent {
    return decoder.decode(record(value));
  }

  private static ConsumerRecord<byte[], byte[]> record(String value) {
    return new ConsumerRecord<>("shop.public.users", 0, 0, null, value.getBytes(UTF_8));
  }
}
