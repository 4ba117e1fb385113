package dev.cachetide.cli.parked;

import dev.cachetide.wire.Traceparent;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/**
 * What the headers of a dead letter tell, named as Kafka Connect names them. Of two of one name the
 * last counts: a letter that was replayed in vain by hand may carry older ones.
 */
final class EventHeaders {

  private static final String PREFIX = "__connect.errors.";
  private static final String VALUE_OMITTED = "cachetide.value.omitted";
  private static final String OURS = "dev.cachetide.";

  private final Headers headers;

  EventHeaders(Headers headers) {
    this.headers = headers;
  }

  /** The topic that the record came from; empty when nobody has noted it. */
  String topic() {
    return text("topic").orElse("");
  }

  /** Its partition there, −1 when that is not told. */
  int partition() {
    return (int) number("partition");
  }

  /** Its offset there, −1 when that is not told. */
  long offset() {
    return number("offset");
  }

  /** The value stayed away because it was too large. */
  boolean isValueOmitted() {
    return headers.lastHeader(VALUE_OMITTED) != null;
  }

  /** Ours say nothing of values; of another program's failure only its class is shown. */
  String shownReason() {
    String failure = failure();
    return failure.startsWith(OURS) && text("exception.message").isPresent()
        ? text("exception.message").get()
        : failure.isEmpty() ? "not told" : failure;
  }

  /** As it was recorded. */
  String wholeReason() {
    return text("exception.message").filter(text -> !text.isEmpty()).orElse(shownReason());
  }

  /** What failed where. */
  Map<String, String> facts() {
    Map<String, String> facts = new LinkedHashMap<>();
    text("stage").ifPresent(stage -> facts.put("stage", stage));
    text("connector.name").ifPresent(group -> facts.put("group", group));
    text("class.name").ifPresent(name -> facts.put("handler", name));
    if (!failure().isEmpty()) {
      facts.put("failure", failure());
    }
    String trace = Traceparent.traceId(Traceparent.of(headers));
    if (trace != null) {
      facts.put("trace", trace);
    }
    if (isValueOmitted()) {
      facts.put("value", "left out, it was too large");
    }
    return facts;
  }

  /** The record's own headers: without those of the dead letter. */
  Headers own() {
    Headers own = new RecordHeaders();
    for (Header header : headers) {
      if (!header.key().startsWith(PREFIX) && !header.key().equals(VALUE_OMITTED)) {
        own.add(header);
      }
    }
    return own;
  }

  private String failure() {
    return text("exception.class.name").orElse("");
  }

  private long number(String name) {
    String text = text(name).orElse("");
    return text.matches("[0-9]{1,18}") ? Long.parseLong(text) : -1;
  }

  private Optional<String> text(String name) {
    @Nullable Header header = headers.lastHeader(PREFIX + name);
    return header == null || header.value() == null
        ? Optional.empty()
        : Optional.of(new String(header.value(), StandardCharsets.UTF_8));
  }
}
