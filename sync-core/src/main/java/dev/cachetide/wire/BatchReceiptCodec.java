package dev.cachetide.wire;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.wire.BatchReceipt.Rejection;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Receipts as the JSON that {@code docs/writes.md} describes. Fields that are not known are passed
 * over, so that later versions may add some. Safe for concurrent use.
 */
public final class BatchReceiptCodec {

  /** The version that is written. */
  public static final int VERSION = 1;

  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private BatchReceiptCodec() {}

  /** The key of the Kafka record: the partition that the receipt tells of. */
  public static byte[] recordKey(BatchReceipt receipt) {
    return (receipt.topic() + "/" + receipt.partition()).getBytes(StandardCharsets.UTF_8);
  }

  /** The value of the Kafka record. */
  public static byte[] encode(BatchReceipt receipt) {
    ObjectNode json = MAPPER.createObjectNode();
    json.put("v", VERSION).put("topic", receipt.topic()).put("topicId", receipt.topicId());
    json.put("partition", receipt.partition());
    json.put("first", receipt.first()).put("next", receipt.next()).put("xid", receipt.xid());
    if (receipt.lsn() != null) {
      json.put("lsn", receipt.lsn());
    }
    json.put("committed", receipt.committed());
    if (!receipt.superseded().isEmpty()) {
      byte[] bits = receipt.superseded().toByteArray();
      json.put("superseded", Base64.getEncoder().encodeToString(bits));
    }
    if (!receipt.rejected().isEmpty()) {
      json.set("rejected", array(receipt.rejected()));
    }
    return json.toString().getBytes(StandardCharsets.UTF_8);
  }

  /**
   * The values of as many records as it takes for none to be longer than a limit; one with a single
   * command may be.
   */
  public static List<byte[]> encode(BatchReceipt receipt, int maxBytes) {
    byte[] whole = encode(receipt);
    if (whole.length <= maxBytes || receipt.next() - receipt.first() == 1) {
      return List.of(whole);
    }
    long middle = (receipt.first() + receipt.next()) >>> 1;
    List<byte[]> parts = new ArrayList<>();
    parts.addAll(encode(receipt.stretch(receipt.first(), middle), maxBytes));
    parts.addAll(encode(receipt.stretch(middle, receipt.next()), maxBytes));
    return parts;
  }

  /**
   * Reads the value of a Kafka record.
   *
   * @throws MalformedReceiptException when it is none of {@link #VERSION}
   */
  public static BatchReceipt decode(byte[] value) throws MalformedReceiptException {
    JsonNode json = tree(value);
    if (json.path("v").asInt() != VERSION) {
      throw new MalformedReceiptException("not of version " + VERSION);
    }
    try {
      return new BatchReceipt(
          text(json, "topic"),
          text(json, "topicId"),
          json.path("partition").asInt(),
          json.path("first").asLong(-1),
          json.path("next").asLong(-1),
          json.path("xid").asLong(),
          json.path("lsn").asText(null),
          json.path("committed").asText(""),
          BitSet.valueOf(Base64.getDecoder().decode(json.path("superseded").asText(""))),
          rejections(json.path("rejected")));
    } catch (IllegalArgumentException e) {
      throw new MalformedReceiptException("not a receipt");
    }
  }

  /** A list of rejections, as {@code cachetide.receipt} and the record hold it. */
  public static String encode(List<Rejection> rejected) {
    return array(rejected).toString();
  }

  /**
   * Reads such a list.
   *
   * @throws MalformedReceiptException when it is none
   */
  public static List<Rejection> rejections(String json) throws MalformedReceiptException {
    return rejections(tree(json.getBytes(StandardCharsets.UTF_8)));
  }

  private static ArrayNode array(List<Rejection> rejected) {
    ArrayNode array = MAPPER.createArrayNode();
    for (Rejection each : rejected) {
      ObjectNode json = array.addObject().put("offset", each.offset());
      if (each.id() != null) {
        json.put("id", each.id());
      }
      json.put("outcome", each.conflict() ? "conflict" : "rejected").put("reason", each.reason());
      if (each.sqlState() != null) {
        json.put("sqlstate", each.sqlState());
      }
    }
    return array;
  }

  private static List<Rejection> rejections(JsonNode array) {
    List<Rejection> rejected = new ArrayList<>();
    for (JsonNode each : array) {
      rejected.add(
          new Rejection(
              each.path("offset").asLong(-1),
              optional(each, "id"),
              each.path("outcome").asText().equals("conflict"),
              each.path("reason").asText(""),
              optional(each, "sqlstate")));
    }
    return rejected;
  }

  private static JsonNode tree(byte[] json) throws MalformedReceiptException {
    try {
      return MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      // Jackson's own message quotes what it stumbled over
      throw new MalformedReceiptException("not JSON");
    } catch (IOException e) {
      throw new MalformedReceiptException("not JSON in UTF-8");
    }
  }

  private static String text(JsonNode json, String name) throws MalformedReceiptException {
    String text = json.path(name).asText("");
    if (text.isEmpty()) {
      throw new MalformedReceiptException("without " + name);
    }
    return text;
  }

  private static @Nullable String optional(JsonNode json, String name) {
    return json.path(name).isTextual() ? json.path(name).textValue() : null;
  }

  /** Bytes that are no receipt; constant text, no values. */
  public static final class MalformedReceiptException extends Exception {
    private static final long serialVersionUID = 1L;

    MalformedReceiptException(String message) {
      super(message, null, false, false);
    }
  }
}
