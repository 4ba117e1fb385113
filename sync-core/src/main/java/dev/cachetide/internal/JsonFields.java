package dev.cachetide.internal;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.FieldChange;
import java.io.IOException;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** Changes one field of JSON, every digit of the others kept. Pure. */
final class JsonFields {

  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder().enable(StreamWriteFeature.WRITE_BIGDECIMAL_AS_PLAIN).build())
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private JsonFields() {}

  /**
   * The changed JSON; null when there is no such field, or it is no number where one is added to.
   *
   * @throws IOException when the bytes are no JSON
   */
  static byte @Nullable [] change(byte[] json, FieldChange change) throws IOException {
    JsonNode root = MAPPER.readTree(json);
    JsonNode parent = root.at(change.pointer().head());
    JsonNode before = root.at(change.pointer());
    JsonNode after = after(before, change);
    if (after == null || !put(parent, change.pointer().last(), after)) {
      return null;
    }
    return MAPPER.writeValueAsBytes(root);
  }

  private static @Nullable JsonNode after(JsonNode before, FieldChange change) {
    BigDecimal add = change.add();
    if (before.isMissingNode() || (add != null && !before.isNumber())) {
      return null;
    }
    if (add == null) {
      return MAPPER.valueToTree(change.set());
    }
    BigDecimal sum = before.decimalValue().add(add);
    return before.isIntegralNumber() && sum.stripTrailingZeros().scale() <= 0
        ? MAPPER.getNodeFactory().numberNode(sum.toBigIntegerExact())
        : MAPPER.getNodeFactory().numberNode(sum);
  }

  private static boolean put(JsonNode parent, JsonPointer last, JsonNode value) {
    if (parent instanceof ObjectNode object) {
      object.set(last.getMatchingProperty(), value);
      return true;
    }
    if (parent instanceof ArrayNode array && last.getMatchingIndex() >= 0) {
      array.set(last.getMatchingIndex(), value);
      return true;
    }
    return false;
  }
}
