package dev.cachetide.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.junit.jupiter.api.Test;

final class DeadLetterHeadersTest {

  private final ConsumerRecord<byte[], byte[]> record =
      new ConsumerRecord<>("shop.public.users", 3, 42, new byte[] {1}, new byte[] {2});

  private static String text(Headers headers, String name) {
    return new String(
        Objects.requireNonNull(headers.lastHeader(name)).value(), StandardCharsets.UTF_8);
  }

  @Test
  void where_and_why_are_told_as_kafka_connect_does() {
    record.headers().add("mine", new byte[] {9});
    Headers headers =
        new DeadLetterHeaders("g", "c", "Handler")
            .of(new DeadLetter(record, "decode", new IllegalArgumentException("no envelope")));
    assertThat(headers.lastHeader("mine")).isNotNull();
    assertThat(text(headers, "__connect.errors.topic")).isEqualTo("shop.public.users");
    assertThat(text(headers, "__connect.errors.partition")).isEqualTo("3");
    assertThat(text(headers, "__connect.errors.offset")).isEqualTo("42");
    assertThat(text(headers, "__connect.errors.connector.name")).isEqualTo("g");
    assertThat(text(headers, "__connect.errors.task.id")).isEqualTo("c");
    assertThat(text(headers, "__connect.errors.stage")).isEqualTo("decode");
    assertThat(text(headers, "__connect.errors.class.name")).isEqualTo("Handler");
    assertThat(text(headers, "__connect.errors.exception.class.name"))
        .isEqualTo("java.lang.IllegalArgumentException");
    assertThat(text(headers, "__connect.errors.exception.message")).isEqualTo("no envelope");
  }

  @Test
  void what_a_library_quotes_of_the_row_stays_out_of_the_stack_trace() {
    Exception quoting = new IllegalStateException("unexpected 'ada@example.org'");
    Headers headers =
        new DeadLetterHeaders("g", "c", "Handler")
            .of(new DeadLetter(record, "decode", new IllegalArgumentException("bad", quoting)));
    assertThat(text(headers, "__connect.errors.exception.stacktrace"))
        .contains("Caused by: java.lang.IllegalStateException", "DeadLetterHeadersTest")
        .doesNotContain("ada@example.org");
  }

  @Test
  void headers_are_bounded_and_a_missing_message_is_empty() {
    DeadLetterHeaders headers = new DeadLetterHeaders("g", "c", "Handler");
    Headers long_ =
        headers.of(new DeadLetter(record, "decode", new Exception("x".repeat(100_000))));
    assertThat(text(long_, "__connect.errors.exception.message")).hasSize(1_000);
    Headers none = headers.of(new DeadLetter(record, "decode", new Exception()));
    assertThat(text(none, "__connect.errors.exception.message")).isEmpty();
  }
}
