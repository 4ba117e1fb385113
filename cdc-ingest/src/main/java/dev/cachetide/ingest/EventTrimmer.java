package dev.cachetide.ingest;

import java.util.List;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.jspecify.annotations.Nullable;

/**
 * Makes an event that is too large for a Kafka record small enough, in place of failing on it for
 * ever: long values of its images become the placeholder that also stands for an unchanged TOASTed
 * column, which says "not known here" to every consumer of such envelopes. Keys are never that
 * long, because Postgres indexes them.
 */
final class EventTrimmer {

  /** What Debezium puts where the WAL does not hold a value. */
  static final String PLACEHOLDER = "__debezium_unavailable_value";

  private static final int KEPT_LENGTH = 3_000;

  private EventTrimmer() {}

  /** A copy of the envelope with its long values replaced. */
  static Struct trim(Struct envelope) {
    Struct trimmed = new Struct(envelope.schema());
    for (Field field : envelope.schema().fields()) {
      boolean image = field.name().equals("before") || field.name().equals("after");
      Object value = envelope.get(field);
      trimmed.put(field, image && value instanceof Struct row ? trimRow(row) : value);
    }
    return trimmed;
  }

  private static Struct trimRow(Struct row) {
    Struct trimmed = new Struct(row.schema());
    for (Field field : row.schema().fields()) {
      trimmed.put(field, trimValue(field, row.get(field)));
    }
    return trimmed;
  }

  private static @Nullable Object trimValue(Field field, @Nullable Object value) {
    if (value instanceof String text && text.length() > KEPT_LENGTH) {
      return PLACEHOLDER;
    }
    if (value instanceof List<?> elements && elements.toString().length() > KEPT_LENGTH) {
      boolean ofText = field.schema().valueSchema().type() == Schema.Type.STRING;
      return ofText ? List.of(PLACEHOLDER) : List.of();
    }
    return value;
  }
}
