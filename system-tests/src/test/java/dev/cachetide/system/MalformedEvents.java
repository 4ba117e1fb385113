package dev.cachetide.system;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;

/** Things that can arrive in a change topic and are no change event of {@code items (id, n)}. */
enum MalformedEvents {
  EMPTY(""),
  NOT_JSON("this is no JSON"),
  CUT_OFF("{\"before\":null,\"after\":{\"id\":1,\"n\":"),
  BINARY("\u0000\u0001\u0002\u00ff"),
  AVRO_MAGIC_BYTE("\u0000\u0000\u0000\u0000\u0007hello"),
  ARRAY("[1,2,3]"),
  STRING("\"items\""),
  NUMBER("42"),
  NO_OPERATION("{\"before\":null,\"after\":{\"id\":1,\"n\":1}}"),
  UNKNOWN_OPERATION(
      "{\"op\":\"z\",\"before\":null,\"after\":{\"id\":1,\"n\":1},\"source\":{\"schema\":\"public\",\"table\":\"items\"}}"),
  NO_IMAGE(
      "{\"op\":\"u\",\"before\":null,\"after\":null,\"source\":{\"schema\":\"public\",\"table\":\"items\"}}"),
  IMAGE_IS_TEXT(
      "{\"op\":\"c\",\"before\":null,\"after\":\"row\",\"source\":{\"schema\":\"public\",\"table\":\"items\"}}"),
  KEY_COLUMN_MISSING(
      "{\"op\":\"c\",\"before\":null,\"after\":{\"n\":1},\"source\":{\"schema\":\"public\",\"table\":\"items\"}}"),
  SCHEMA_WITHOUT_PAYLOAD("{\"schema\":{\"type\":\"struct\"}}"),
  DELETE_WITHOUT_BEFORE(
      "{\"op\":\"d\",\"before\":null,\"after\":null,\"source\":{\"schema\":\"public\",\"table\":\"items\"}}"),
  DEEPLY_NESTED("[".repeat(5_000) + "]".repeat(5_000)),
  FLATTENED_ROW("{\"id\":1,\"n\":1}");

  private final String text;

  MalformedEvents(String text) {
    this.text = text;
  }

  byte[] bytes() {
    return text.getBytes(UTF_8);
  }

  /** The {@code i}-th of an endless list of all kinds. */
  static MalformedEvents at(int i) {
    List<MalformedEvents> all = List.of(values());
    return all.get(i % all.size());
  }
}
