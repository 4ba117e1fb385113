package dev.cachetide.key;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a template makes of a column's value before it writes it: <code>{email|lower}</code>. Two
 * values may become one text, which is what most of them are for: such rows share a key.
 */
public sealed interface Format
    permits Format.Lower, Format.Upper, Format.Hash, DateFormat, JsonPath {

  /** As templates spell them, with an argument where one is needed. */
  List<String> NAMES = List.of("lower", "upper", "hash", "date", "json");

  /**
   * The texts for a value. NULL stays NULL.
   *
   * @throws IllegalArgumentException when it does not fit the value; the message does not quote it
   */
  List<@Nullable String> apply(@Nullable String value);

  /** Whether one value can become several texts, or none. */
  default boolean multiplies() {
    return false;
  }

  /** In lower case, by the rules of no language. */
  record Lower() implements Format {

    @Override
    public List<@Nullable String> apply(@Nullable String value) {
      return one(value == null ? null : value.toLowerCase(Locale.ROOT));
    }

    @Override
    public String toString() {
      return "lower";
    }
  }

  /** In upper case, by the rules of no language. */
  record Upper() implements Format {

    @Override
    public List<@Nullable String> apply(@Nullable String value) {
      return one(value == null ? null : value.toUpperCase(Locale.ROOT));
    }

    @Override
    public String toString() {
      return "upper";
    }
  }

  /** The first 32 hex digits of the SHA-256 of the value's UTF-8 bytes. */
  record Hash() implements Format {

    private static final int KEPT_BYTES = 16;

    @Override
    public List<@Nullable String> apply(@Nullable String value) {
      return one(value == null ? null : digest(value));
    }

    private static String digest(String value) {
      try {
        byte[] whole = MessageDigest.getInstance("SHA-256").digest(value.getBytes(UTF_8));
        return HexFormat.of().formatHex(whole, 0, KEPT_BYTES);
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every Java has SHA-256", e);
      }
    }

    @Override
    public String toString() {
      return "hash";
    }
  }

  /** A list of one, which may be null. */
  static List<@Nullable String> one(@Nullable String text) {
    return Collections.singletonList(text);
  }
}
