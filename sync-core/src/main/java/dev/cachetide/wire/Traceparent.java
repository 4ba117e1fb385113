package dev.cachetide.wire;

import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * The record header {@code traceparent} of W3C Trace Context: in which trace, and in which span of
 * it, a record was published. Whoever may write to a topic may write anything into it, so what has
 * not its form is taken for none.
 */
public final class Traceparent {

  /** The header's name. */
  public static final String HEADER = "traceparent";

  private static final Pattern FORM =
      Pattern.compile(
          "(?!ff)[0-9a-f]{2}-((?!0{32})[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}");

  private Traceparent() {}

  /** What a record's headers say; null when they say nothing, or nothing of the form. */
  public static @Nullable String of(Headers headers) {
    Header header = headers.lastHeader(HEADER);
    if (header == null || header.value() == null) {
      return null;
    }
    String text = new String(header.value(), StandardCharsets.US_ASCII);
    return FORM.matcher(text).matches() ? text : null;
  }

  /** The trace's id, 32 hexadecimal digits; null when the text has not the form. */
  public static @Nullable String traceId(@Nullable String traceparent) {
    if (traceparent == null) {
      return null;
    }
    Matcher form = FORM.matcher(traceparent);
    return form.matches() ? form.group(1) : null;
  }
}
