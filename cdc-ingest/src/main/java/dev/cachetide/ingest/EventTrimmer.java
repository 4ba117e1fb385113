package dev.cachetide.ingest;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.jspecify.annotations.Nullable;

/**
 * Makes an event that is too large for a Kafka record small enough, in place of failing on it for
 * ever: long values of its images become the placeholder that also stands for an unchanged TOASTed
 * column, which says "not known here" to every consumer of such envelopes. An array whose elements
 * are no text has no such placeholder and becomes empty.
 *
 * <p>Both may be misread: the placeholder as "unchanged", the empty array as a value. So the
 * trimmed columns are told by name. Keys are never that long, because Postgres indexes them.
 */
final class EventTrimmer {

  /** What Debezium puts where the WAL does not hold a value. */
  static final String PLACEHOLDER = "__debezium_unavailable_value";

  private final int keptLength;
  private final Set<String> columns = new LinkedHashSet<>();

  private EventTrimmer(int keptLength) {
    this.keptLength = keptLength;
  }

  /**
   * A copy of the envelope without its long values.
   *
   * @param keptLength the most characters that stay
   */
  static Trimmed trim(Struct envelope, int keptLength) {
    EventTrimmer trimmer = new EventTrimmer(keptLength);
    Struct trimmed = new Struct(envelope.schema());
    for (Field field : envelope.schema().fields()) {
      boolean image = field.name().equals("before") || field.name().equals("after");
      Object value = envelope.get(field);
      trimmed.put(field, image && value instanceof Struct row ? trimmer.row(row) : value);
    }
    return new Trimmed(trimmed, trimmer.columns);
  }

  private Struct row(Struct row) {
    Struct trimmed = new Struct(row.schema());
    for (Field field : row.schema().fields()) {
      trimmed.put(field, value(field, row.get(field)));
    }
    return trimmed;
  }

  private @Nullable Object value(Field field, @Nullable Object value) {
    if (value instanceof String text && text.length() > keptLength) {
      columns.add(field.name());
      return PLACEHOLDER;
    }
    if (value instanceof List<?> elements && elements.toString().length() > keptLength) {
      columns.add(field.name());
      boolean ofText = field.schema().valueSchema().type() == Schema.Type.STRING;
      return ofText ? List.of(PLACEHOLDER) : List.of();
    }
    return value;
  }

  /**
   * What is left.
   *
   * @param columns that lack values, in either image
   */
  record Trimmed(Struct envelope, Set<String> columns) {
    Trimmed {
      columns = Set.copyOf(columns);
    }
  }
}
