package dev.cachetide.runtime;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * The headers of a dead letter: the record's own, then why and where it failed, named as Kafka
 * Connect names them so that existing tools read them. Values are UTF-8 text. The stack trace has
 * classes and places only: a library's message may quote the row.
 */
final class DeadLetterHeaders {

  /** Present when the value was too large to be kept beside its headers. */
  static final String VALUE_OMITTED = "cachetide.value.omitted";

  private static final String PREFIX = "__connect.errors.";
  private static final int LONGEST_MESSAGE = 1_000;
  private static final int LONGEST_TRACE = 8_000;

  /** Of each exception in the chain, so that the last cause, which says most, has room too. */
  private static final int FRAMES = 20;

  private final String group;
  private final String clientId;
  private final String handler;

  DeadLetterHeaders(String group, String clientId, String handler) {
    this.group = group;
    this.clientId = clientId;
    this.handler = handler;
  }

  Headers of(DeadLetter letter) {
    ConsumerRecord<byte[], byte[]> record = letter.record();
    Headers headers = new RecordHeaders(record.headers().toArray());
    headers.add(text("topic", record.topic()));
    headers.add(text("partition", Integer.toString(record.partition())));
    headers.add(text("offset", Long.toString(record.offset())));
    headers.add(text("connector.name", group));
    headers.add(text("task.id", clientId));
    headers.add(text("stage", letter.stage()));
    headers.add(text("class.name", handler));
    headers.add(text("exception.class.name", letter.cause().getClass().getName()));
    headers.add(text("exception.message", message(letter.cause())));
    headers.add(text("exception.stacktrace", trace(letter.cause())));
    return headers;
  }

  private static Header text(String name, String value) {
    return new RecordHeader(PREFIX + name, value.getBytes(StandardCharsets.UTF_8));
  }

  private static String message(Exception cause) {
    String message = cause.getMessage();
    return message == null ? "" : cut(message, LONGEST_MESSAGE);
  }

  private static String trace(Throwable cause) {
    StringBuilder text = new StringBuilder();
    for (Throwable link = cause;
        link != null && text.length() < LONGEST_TRACE;
        link = link.getCause()) {
      text.append(text.isEmpty() ? "" : "Caused by: ").append(link.getClass().getName());
      Arrays.stream(link.getStackTrace())
          .limit(FRAMES)
          .forEach(frame -> text.append("\n\tat ").append(frame));
      text.append('\n');
    }
    return cut(text.toString(), LONGEST_TRACE);
  }

  private static String cut(String text, int longest) {
    return text.length() <= longest ? text : text.substring(0, longest);
  }
}
