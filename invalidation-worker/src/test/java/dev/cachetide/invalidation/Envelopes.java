package dev.cachetide.invalidation;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;

/** Debezium's envelopes, written by hand. */
final class Envelopes {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private Envelopes() {}

  static ObjectNode user(int id, @Nullable String email) {
    return JSON.createObjectNode().put("id", id).put("email", email);
  }

  /** An update that changed another column: both images are the same. */
  static String touched(ObjectNode row) {
    return update(row, row, -1);
  }

  /**
   * An update.
   *
   * @param xid -1 for none
   */
  static String update(ObjectNode before, ObjectNode after, long xid) {
    ObjectNode envelope = JSON.createObjectNode().put("op", "u");
    envelope.set("before", before);
    envelope.set("after", after);
    ObjectNode source = envelope.putObject("source");
    if (xid >= 0) {
      source.put("txId", xid);
    }
    return envelope.toString();
  }

  /** The same with its JSON schema, as Kafka Connect writes it by default. */
  static String withSchema(String rowFields, String envelope) {
    String image =
        "{\"type\":\"struct\",\"optional\":true,\"fields\":[" + rowFields + "],\"field\":";
    return "{\"schema\":{\"type\":\"struct\",\"fields\":["
        + image
        + "\"before\"},"
        + image
        + "\"after\"}]},\"payload\":"
        + envelope
        + "}";
  }
}
