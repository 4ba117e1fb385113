package dev.cachetide.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.ingest.ChangeEvent.Route;
import dev.cachetide.wire.Headers;
import dev.cachetide.wire.PipelineNames;
import dev.cachetide.wire.TableName;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.junit.jupiter.api.Test;

final class EventEncoderTest {

  private static final int LARGEST_RECORD = 1_000_000;

  private final EventEncoder encoder =
      new EventEncoder(new PipelineNames("shop"), new IngestMeters(new SimpleMeterRegistry()));

  @Test
  void a_value_that_was_taken_out_is_told_by_name_and_an_empty_array_is_not() {
    Schema numbers = SchemaBuilder.array(Schema.INT32_SCHEMA).build();
    Schema row =
        SchemaBuilder.struct()
            .field("id", Schema.INT32_SCHEMA)
            .field("labels", numbers)
            .field("none", numbers)
            .field("Über all", Schema.STRING_SCHEMA)
            .build();
    Struct after =
        new Struct(row)
            .put("id", 1)
            .put("labels", Collections.nCopies(300_000, 123_456))
            .put("none", List.of())
            .put("Über all", "x".repeat(5_000));

    ProducerRecord<byte[], byte[]> record = encode(after);

    assertThat(record.value()).hasSizeLessThan(LARGEST_RECORD);
    assertThat(trimmed(record)).containsExactlyInAnyOrder("labels", "Über all");
    assertThat(
            trimmed(
                encode(
                    new Struct(after.schema())
                        .put("id", 1)
                        .put("labels", List.of())
                        .put("none", List.of())
                        .put("Über all", ""))))
        .isEmpty();
  }

  @Test
  void a_row_of_a_thousand_columns_just_short_enough_still_fits_a_record() {
    SchemaBuilder row = SchemaBuilder.struct();
    for (int i = 0; i < 1_600; i++) {
      row.field("c" + i, Schema.STRING_SCHEMA);
    }
    Struct after = new Struct(row.build());
    after.schema().fields().forEach(field -> after.put(field, "\u0001".repeat(2_900)));

    assertThat(encode(after).value()).hasSizeLessThan(LARGEST_RECORD);
  }

  private ProducerRecord<byte[], byte[]> encode(Struct after) {
    Schema envelope = SchemaBuilder.struct().field("after", after.schema()).build();
    SourceRecord source =
        new SourceRecord(
            Map.of(), Map.of(), "t", envelope, new Struct(envelope).put("after", after));
    ChangeEvent event =
        new ChangeEvent(
            source, new TableName("public", "users"), Route.FIRST_PARTITION, 7, 0, 0, null);
    return encoder
        .encode(new Batch(List.of(event), Set.of(7L), List.of(), 0), false, null, topic -> 1)
        .get(0);
  }

  private static List<String> trimmed(ProducerRecord<byte[], byte[]> record) {
    List<String> columns = new ArrayList<>();
    record
        .headers()
        .headers(Headers.TRIMMED)
        .forEach(header -> columns.add(new String(header.value(), UTF_8)));
    return columns;
  }
}
