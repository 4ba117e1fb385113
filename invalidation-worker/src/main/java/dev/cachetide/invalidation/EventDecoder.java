package dev.cachetide.invalidation;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.cachetide.invalidation.rules.ChangeEvent;
import dev.cachetide.invalidation.rules.ChangeEvent.Operation;
import dev.cachetide.invalidation.rules.RowImage;
import dev.cachetide.runtime.postgres.ColumnInfo;
import dev.cachetide.runtime.postgres.TableInfo;
import dev.cachetide.wire.Headers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Debezium's JSON envelope to a change event: as cdc-ingest, Kafka Connect and Debezium Server
 * write it, with JSON schemas ({@code {"schema": …, "payload": …}}) or without.
 *
 * <p>Messages never hold a row's values.
 */
public final class EventDecoder {

  private static final int LONGEST_STRING = 64 * 1024 * 1024;
  private static final int DEEPEST = 200;

  /** What most often has made other things of events, for whom a dead letter's reason is for. */
  private static final String UNWRAPPED =
      ": the connector must write Debezium's envelope, without ExtractNewRecordState (unwrap)";

  private static final String NOT_JSON = ": the connector's value.converter must be JsonConverter";

  /** Debezium's own, on the create that it makes of a changed primary key. */
  private static final String OLD_KEY = "__debezium.oldkey";

  private static final Logger log = LoggerFactory.getLogger(EventDecoder.class);

  private final ObjectReader json =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxStringLength(LONGEST_STRING)
                          .maxNestingDepth(DEEPEST)
                          .build())
                  .build())
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build()
          .reader();

  /**
   * Decodes one record.
   *
   * @return null for what changes no row: a tombstone, a logical message
   * @throws MalformedEvent when the record is no change event
   */
  public @Nullable ChangeEvent decode(ConsumerRecord<byte[], byte[]> record) throws MalformedEvent {
    return decode(record, ColumnForms.ANY);
  }

  /**
   * The same, without the values that are not in the form that a table's columns have as text.
   *
   * @throws MalformedEvent when the record is no change event
   */
  @Nullable ChangeEvent decode(ConsumerRecord<byte[], byte[]> record, ColumnForms forms)
      throws MalformedEvent {
    if (record.value() == null) {
      return null;
    }
    JsonNode root = parse(record.value());
    boolean wrapped = root.has("schema") && root.has("payload");
    JsonNode envelope = wrapped ? root.get("payload") : root;
    if (wrapped && envelope.isNull()) {
      return null;
    }
    if (!envelope.isObject() || !envelope.path("op").isTextual()) {
      throw new MalformedEvent("no envelope with an operation" + UNWRAPPED);
    }
    Values values = new Values(LogicalTypes.of(wrapped ? root.get("schema") : null), forms);
    return switch (envelope.get("op").textValue()) {
      case "c" -> event(Operation.CREATE, envelope, values, record);
      case "r" -> event(Operation.READ, envelope, values, record);
      case "u" -> event(Operation.UPDATE, envelope, values, record);
      case "d" -> event(Operation.DELETE, envelope, values, record);
      case "t" -> event(Operation.TRUNCATE, envelope, values, record);
      case "m" -> null;
      default -> throw new MalformedEvent("an unknown operation");
    };
  }

  /**
   * What a row of {@code cachetide.generation} is about: {@code *} for the whole pipeline, or a
   * table; empty when it does not say.
   */
  Optional<String> generationScope(ConsumerRecord<byte[], byte[]> record) {
    try {
      ChangeEvent event = decode(record);
      return event == null || event.after() == null
          ? Optional.empty()
          : Optional.ofNullable(event.after().values().get("scope"));
    } catch (MalformedEvent e) {
      // Somebody has announced something: the caller takes it for the whole pipeline.
      log.atWarn().setCause(e).log("unreadable generation");
      return Optional.empty();
    }
  }

  private JsonNode parse(byte[] value) throws MalformedEvent {
    try {
      JsonNode root = json.readTree(value);
      if (root == null || !root.isObject()) {
        throw new MalformedEvent("no JSON object" + NOT_JSON);
      }
      return root;
    } catch (JsonProcessingException e) {
      // The location is null when a limit of size or depth was hit; the message may quote values.
      throw new MalformedEvent(
          e.getLocation() == null
              ? "no JSON within the limits of size and depth"
              : "no JSON, from byte "
                  + e.getLocation().getByteOffset()
                  + " of "
                  + value.length
                  + NOT_JSON);
    } catch (IOException e) {
      throw new MalformedEvent("unreadable");
    }
  }

  private static ChangeEvent event(
      Operation operation, JsonNode envelope, Values values, ConsumerRecord<byte[], byte[]> record)
      throws MalformedEvent {
    Set<String> trimmed = trimmed(record);
    RowImage before = image("before", envelope, values, trimmed);
    RowImage after = image("after", envelope, values, trimmed);
    boolean told =
        switch (operation) {
          case CREATE, READ, UPDATE -> after != null;
          case DELETE -> before != null;
          case TRUNCATE -> true;
        };
    if (!told) {
      throw new MalformedEvent("no row image where the operation has one");
    }
    return new ChangeEvent(
        operation,
        before,
        after,
        xid(envelope, record),
        record.headers().lastHeader(Headers.ECHO) != null,
        committedMicros(envelope),
        origin(operation, envelope, record));
  }

  /** Columns whose place in the images says nothing, not even that a value has not changed. */
  private static Set<String> trimmed(ConsumerRecord<byte[], byte[]> record) {
    Set<String> columns = new HashSet<>();
    for (Header header : record.headers().headers(Headers.TRIMMED)) {
      columns.add(new String(header.value(), StandardCharsets.UTF_8));
    }
    return columns;
  }

  private static @Nullable RowImage image(
      String name, JsonNode envelope, Values values, Set<String> trimmed) throws MalformedEvent {
    JsonNode row = envelope.path(name);
    if (row.isNull() || row.isMissingNode()) {
      return null;
    }
    if (!row.isObject()) {
      throw new MalformedEvent("a row image that is no object");
    }
    Map<String, @Nullable String> texts = new HashMap<>();
    Set<String> unavailable = new HashSet<>();
    for (Map.Entry<String, JsonNode> column : row.properties()) {
      if (trimmed.contains(column.getKey())) {
        log.atTrace().addKeyValue("column", column.getKey()).log("trimmed value");
      } else if (ColumnText.isUnavailable(column.getValue())) {
        unavailable.add(column.getKey());
      } else {
        put(name, column, values, texts);
      }
    }
    return new RowImage(texts, unavailable);
  }

  private static void put(
      String image,
      Map.Entry<String, JsonNode> column,
      Values values,
      Map<String, @Nullable String> texts) {
    try {
      texts.put(column.getKey(), values.text(image, column.getKey(), column.getValue()));
    } catch (IllegalArgumentException | ArithmeticException | DateTimeException e) {
      // The value is not what its schema says, or has no finite text. The image then lacks the
      // column, so a template that needs it widens; columns that no rule names do no harm.
      log.atTrace().addKeyValue("column", column.getKey()).log("unreadable value");
    }
  }

  /**
   * Of two changes at one position the later has the greater one. What is not numbered is a changed
   * primary key at most, of which Debezium makes a delete and, with the old key in a header, a
   * create: a key that does not name the row by its primary key would otherwise stay deleted.
   */
  private static int sequence(ConsumerRecord<byte[], byte[]> record) {
    long told = TransactionOf.number(record, Headers.TRANSACTION_ORDER);
    int made = record.headers().lastHeader(OLD_KEY) == null ? 0 : 1;
    return told < 0 ? made : (int) told;
  }

  /** What a snapshot found was written by transactions that it does not name. */
  private static ChangeEvent.Origin origin(
      Operation operation, JsonNode envelope, ConsumerRecord<byte[], byte[]> record) {
    return new ChangeEvent.Origin(
        envelope.path("source").path("lsn").asLong(0),
        sequence(record),
        operation == Operation.READ ? 0 : Math.max(0, TransactionOf.number(record, Headers.XID)));
  }

  private static long xid(JsonNode envelope, ConsumerRecord<byte[], byte[]> record) {
    long told = TransactionOf.number(record, Headers.XID);
    return told >= 0 ? told : envelope.path("source").path("txId").asLong(-1);
  }

  private static long committedMicros(JsonNode envelope) {
    JsonNode source = envelope.path("source");
    return source.path("ts_us").asLong(source.path("ts_ms").asLong(-1) * 1_000);
  }

  /**
   * Why a record that could be decoded lacks values: the first of the table's columns that is not
   * there or not text, and the connector's setting that makes it so.
   */
  String lacking(ConsumerRecord<byte[], byte[]> record, TableInfo table, ColumnForms forms)
      throws MalformedEvent {
    JsonNode root = parse(record.value());
    boolean wrapped = root.has("schema") && root.has("payload");
    LogicalTypes types = LogicalTypes.of(wrapped ? root.get("schema") : null);
    Values values = new Values(types, forms);
    JsonNode envelope = wrapped ? root.get("payload") : root;
    for (String image : List.of("after", "before")) {
      for (ColumnInfo column : table.columns()) {
        JsonNode value = envelope.path(image).get(column.name());
        String wrong = value == null ? null : values.wrong(image, column.name(), value);
        if (wrong != null) {
          return ": column " + column.name() + " is not text: the connector needs " + wrong;
        }
      }
    }
    return "";
  }

  /**
   * Why a record of somebody else's Debezium is not read, or not all of it; empty when it is.
   *
   * @param table whose values have to be text; null when it is not known
   */
  public Optional<String> trouble(
      ConsumerRecord<byte[], byte[]> record, @Nullable TableInfo table) {
    try {
      ColumnForms forms = table == null ? ColumnForms.ANY : ColumnForms.of(table);
      if (decode(record, forms) == null || table == null) {
        return Optional.empty();
      }
      String lacking = lacking(record, table, forms);
      return lacking.isEmpty() ? Optional.empty() : Optional.of("a row image" + lacking);
    } catch (MalformedEvent e) {
      return Optional.ofNullable(e.getMessage());
    }
  }

  /** How values are read: by their schema, or else as their column's type demands. */
  private record Values(LogicalTypes types, ColumnForms forms) {

    @Nullable String text(String image, String column, JsonNode value) {
      String wrong = wrong(image, column, value);
      if (wrong != null) {
        throw new IllegalArgumentException(wrong);
      }
      return types.text(image, column, value);
    }

    @Nullable String wrong(String image, String column, JsonNode value) {
      return types.tells(image, column) || ColumnText.isUnavailable(value)
          ? null
          : forms.wrong(column, value);
    }
  }

  /** A record that is no change event; constant text, no values. */
  public static final class MalformedEvent extends Exception {
    private static final long serialVersionUID = 1L;

    MalformedEvent(String message) {
      super(message, null, false, false);
    }
  }
}
