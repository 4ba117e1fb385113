package dev.cachetide.cli.parked;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A write command with other values. Pure; whether its table takes them is checked elsewhere. */
final class CommandEdit {

  private CommandEdit() {}

  /**
   * The same command with other values.
   *
   * @param values by column, as JSON or as plain text: {@code 5}, {@code null}, {@code Ada}
   * @param base the version that the writer is to have seen; null to leave that as it is
   * @throws LetterException when the command is no JSON object with columns
   */
  static byte[] of(byte @Nullable [] command, Map<String, String> values, @Nullable String base)
      throws LetterException {
    if (!(Contents.object(command) instanceof ObjectNode whole)) {
      throw new LetterException("its command is no JSON object: give a whole one with --fix FILE");
    }
    for (Map.Entry<String, String> each : values.entrySet()) {
      columns(whole, each.getKey()).set(each.getKey(), value(each.getValue()));
    }
    if (base != null) {
      whole.set("base", value(base));
    }
    try {
      return Contents.JSON.writeValueAsBytes(whole);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree that was read cannot be written", e);
    }
  }

  /** The object that has the column already, else the one that takes new ones. */
  private static ObjectNode columns(ObjectNode whole, String column) throws LetterException {
    for (String part : new String[] {"key", "set", "add"}) {
      if (whole.get(part) instanceof ObjectNode columns && columns.has(column)) {
        return columns;
      }
    }
    for (String part : new String[] {"set", "add"}) {
      if (whole.get(part) instanceof ObjectNode columns) {
        return columns;
      }
    }
    throw new LetterException(
        "its command has no columns to set: give a whole one with --fix FILE");
  }

  private static JsonNode value(String text) {
    try {
      JsonNode json = Contents.JSON.readTree(text);
      return json == null || json.isMissingNode() ? TextNode.valueOf(text) : json;
    } catch (JsonProcessingException e) {
      // Not JSON, so it is meant as text.
      return TextNode.valueOf(text);
    }
  }
}
