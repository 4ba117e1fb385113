package dev.cachetide.internal.fenced;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is to be stored, ready but for its place in the order of things.
 *
 * @param payload null for the knowledge that there is no such row
 * @param generation unsigned, as it was when the lease was taken
 * @param tags stamps by tag's name, read before the load began
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; handed on and written out
public record Content(
    byte @Nullable [] payload,
    boolean compressed,
    int schema,
    int generation,
    long filledAt,
    long expiresAt,
    Map<String, String> tags) {

  /** How many tags one entry may carry. */
  public static final int MOST_TAGS = 255;

  /** Checks and copies the tags. */
  public Content {
    tags = Map.copyOf(tags);
    if (tags.size() > MOST_TAGS) {
      throw new IllegalArgumentException("more than " + MOST_TAGS + " tags on one entry");
    }
    tags.forEach(
        (tag, stamp) -> {
          if (tag.getBytes(StandardCharsets.UTF_8).length > 0xFFFF
              || stamp.length() != Layout.TOKEN_LENGTH) {
            throw new IllegalArgumentException("a tag longer than 65,535 bytes, or no stamp");
          }
        });
  }

  /** The same as a write-behind value that Kafka has put at an offset. */
  public byte[] dirty(int partition, long offset, byte[] writeId) {
    return Layout.dirty(this, partition, offset, writeId);
  }

  /** The same as a value. */
  public byte[] value(Origin origin, byte[] stamp) {
    return Layout.value(this, origin, stamp);
  }
}
