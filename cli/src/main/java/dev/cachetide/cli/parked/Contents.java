package dev.cachetide.cli.parked;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.cachetide.cli.parked.LetterDetail.Field;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a record holds: the columns of a write command, the row images of a change event, the fields
 * of anything else. Pure.
 */
final class Contents {

  /** Keeps every digit, so that what is read and written again is the same. */
  static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  /** Objects whose members are columns. */
  private static final Set<String> PARTS = Set.of("key", "set", "add", "before", "after");

  private Contents() {}

  /**
   * The record's object; null when there is no value, or it is no JSON object. Of an event with
   * Kafka Connect's schemas, its payload.
   */
  static @Nullable JsonNode object(byte @Nullable [] value) {
    if (value == null) {
      return null;
    }
    try {
      JsonNode root = JSON.readTree(value);
      JsonNode payload = root != null && root.has("schema") ? root.get("payload") : null;
      JsonNode node = payload == null ? root : payload;
      return node != null && node.isObject() ? node : null;
    } catch (IOException e) {
      // That it cannot be read may be the very reason why it was set aside; its bytes are shown.
      return null;
    }
  }

  /** Names and types and, if asked for, values. */
  static List<Field> fields(byte @Nullable [] value, boolean values) {
    JsonNode object = object(value);
    List<Field> fields = new ArrayList<>();
    if (object != null) {
      for (Map.Entry<String, JsonNode> each : object.properties()) {
        if (PARTS.contains(each.getKey()) && each.getValue().isObject()) {
          each.getValue()
              .properties()
              .forEach(column -> fields.add(field(each.getKey(), column, values)));
        } else {
          fields.add(field("", each, values));
        }
      }
    }
    return fields;
  }

  /** As text; null when there is none. What is no UTF-8 shows as such. */
  static @Nullable String body(byte @Nullable [] value) {
    return value == null ? null : new String(value, StandardCharsets.UTF_8);
  }

  private static Field field(String part, Map.Entry<String, JsonNode> entry, boolean values) {
    JsonNode value = entry.getValue();
    return new Field(part, entry.getKey(), type(value), values ? json(value) : null);
  }

  private static String type(JsonNode value) {
    return value.isTextual() ? "text" : value.getNodeType().name().toLowerCase(Locale.ROOT);
  }

  private static String json(JsonNode value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree that was read cannot be written", e);
    }
  }
}
