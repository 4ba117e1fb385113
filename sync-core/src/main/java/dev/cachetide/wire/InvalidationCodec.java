package dev.cachetide.wire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.wire.ChannelMessage.Batch;
import dev.cachetide.wire.ChannelMessage.Beat;
import dev.cachetide.wire.ChannelMessage.Range;
import dev.cachetide.wire.ChannelMessage.Single;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Invalidations and channel messages as JSON in UTF-8:
 *
 * <pre>{@code
 * {"type":"key","key":"user:7","timestamp":1700000000000}      also tag, pattern, version
 * {"type":"batch","ranges":{"shop.public.users/0":[41,57]},"items":[{"type":"key","key":"user:7"}],"timestamp":…}
 * {"type":"beat","generation":3,"certified":["…"],"positions":{"shop.public.users/0":57},"partitions":6,"timestamp":…}
 * }</pre>
 *
 * <p>Unknown fields are ignored, so that later versions can add some. Safe for concurrent use.
 */
public final class InvalidationCodec {

  private static final int LONGEST_TARGET = 64 * 1024;

  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(10)
                          .maxStringLength(LONGEST_TARGET)
                          .build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private InvalidationCodec() {}

  /** A request for the topic, or a message for the channel. */
  public static byte[] encode(Invalidation invalidation, long timestamp) {
    return encode(new Single(invalidation, timestamp));
  }

  /** A message for the channel. */
  public static byte[] encode(ChannelMessage message) {
    ObjectNode json = MAPPER.createObjectNode();
    if (message instanceof Single single) {
      write(single.invalidation(), json);
    } else if (message instanceof Batch batch) {
      json.put("type", "batch");
      ObjectNode ranges = json.putObject("ranges");
      batch
          .ranges()
          .forEach((at, range) -> ranges.putArray(at).add(range.previous()).add(range.last()));
      var items = json.putArray("items");
      batch.invalidations().forEach(each -> write(each, items.addObject()));
    } else if (message instanceof Beat beat) {
      json.put("type", "beat").put("generation", beat.generation());
      var certified = json.putArray("certified");
      beat.certified().stream().sorted().forEach(certified::add);
      ObjectNode positions = json.putObject("positions");
      beat.positions().forEach(positions::put);
      json.put("partitions", beat.partitions());
    }
    json.put("timestamp", message.timestamp());
    return json.toString().getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Reads a request or a message of a channel.
   *
   * @throws MalformedMessageException when the bytes are none; the message quotes no target
   */
  public static ChannelMessage decode(byte[] json) throws MalformedMessageException {
    JsonNode message = tree(json);
    long timestamp = message.path("timestamp").asLong(0);
    return switch (message.path("type").asText()) {
      case "batch" -> new Batch(ranges(message), items(message), timestamp);
      case "beat" -> beat(message, timestamp);
      default -> new Single(invalidation(message), timestamp);
    };
  }

  private static JsonNode tree(byte[] json) throws MalformedMessageException {
    try {
      JsonNode tree = MAPPER.readTree(json);
      if (tree == null || !tree.isObject()) {
        throw new MalformedMessageException("not a JSON object");
      }
      return tree;
    } catch (JsonProcessingException e) {
      // Jackson's own message quotes what it stumbled over
      throw new MalformedMessageException("not JSON within the limits of size and depth");
    } catch (IOException e) {
      throw new MalformedMessageException("not JSON in UTF-8");
    }
  }

  private static void write(Invalidation invalidation, ObjectNode into) {
    String type = type(invalidation);
    into.put("type", type);
    if (!(invalidation instanceof Invalidation.All)) {
      into.put(type, invalidation.target());
    }
  }

  private static String type(Invalidation invalidation) {
    if (invalidation instanceof Invalidation.Key) {
      return "key";
    }
    if (invalidation instanceof Invalidation.Tag) {
      return "tag";
    }
    if (invalidation instanceof Invalidation.Pattern) {
      return "pattern";
    }
    return invalidation instanceof Invalidation.Version ? "version" : "all";
  }

  private static Invalidation invalidation(JsonNode json) throws MalformedMessageException {
    String type = json.path("type").asText();
    return switch (type) {
      case "key" -> new Invalidation.Key(target(json, type));
      case "tag" -> new Invalidation.Tag(target(json, type));
      case "pattern" -> new Invalidation.Pattern(target(json, type));
      case "version" -> new Invalidation.Version(target(json, type));
      case "all" -> new Invalidation.All();
      default -> throw new MalformedMessageException("'type' must be key, tag, pattern or version");
    };
  }

  private static String target(JsonNode json, String type) throws MalformedMessageException {
    JsonNode target = json.path(type);
    if (!target.isTextual() || target.textValue().isEmpty()) {
      throw new MalformedMessageException("'" + type + "' must be text, and not empty");
    }
    return target.textValue();
  }

  private static Beat beat(JsonNode json, long timestamp) {
    Set<String> certified = new HashSet<>();
    json.path("certified").forEach(runId -> certified.add(runId.asText()));
    Map<String, Long> positions = new HashMap<>();
    json.path("positions")
        .properties()
        .forEach(each -> positions.put(each.getKey(), each.getValue().asLong(-1)));
    return new Beat(
        json.path("generation").asLong(),
        certified,
        positions,
        json.path("partitions").asInt(),
        timestamp);
  }

  private static Map<String, Range> ranges(JsonNode json) {
    Map<String, Range> ranges = new HashMap<>();
    json.path("ranges")
        .properties()
        .forEach(
            each ->
                ranges.put(
                    each.getKey(),
                    new Range(
                        each.getValue().path(0).asLong(-1), each.getValue().path(1).asLong(-1))));
    return ranges;
  }

  private static List<Invalidation> items(JsonNode json) throws MalformedMessageException {
    List<Invalidation> items = new ArrayList<>();
    for (JsonNode item : json.path("items")) {
      items.add(invalidation(item));
    }
    return items;
  }

  /** Bytes that are no message; constant text, no values. */
  public static final class MalformedMessageException extends Exception {
    private static final long serialVersionUID = 1L;

    MalformedMessageException(String message) {
      super(message, null, false, false);
    }
  }
}
