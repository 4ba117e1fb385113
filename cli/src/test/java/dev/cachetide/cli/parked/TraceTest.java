package dev.cachetide.cli.parked;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.writebehind.ParkedWrite;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is shown of a thing set aside tells in which trace it was published. */
final class TraceTest {

  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String TRACEPARENT = "00-" + TRACE + "-b7ad6b7169203331-01";

  @Test
  void an_event_tells_its_trace_by_its_own_header() {
    RecordHeaders headers = new RecordHeaders();
    assertThat(new EventHeaders(headers).facts()).doesNotContainKey("trace");
    headers.add("traceparent", TRACEPARENT.getBytes(StandardCharsets.US_ASCII));
    EventHeaders traced = new EventHeaders(headers);
    assertThat(traced.facts()).containsEntry("trace", TRACE);
    assertThat(traced.own()).as("and takes it along when it is sent again").hasSize(1);
    headers.add("traceparent", "ada@example.org".getBytes(StandardCharsets.US_ASCII));
    assertThat(new EventHeaders(headers).facts()).doesNotContainKey("trace");
  }

  @Test
  void a_write_tells_the_trace_that_was_recorded() {
    assertThat(WriteLetters.detail(write(TRACEPARENT), false).facts())
        .containsEntry("trace", TRACE);
    assertThat(WriteLetters.detail(write(null), false).facts()).doesNotContainKey("trace");
  }

  private static ParkedWrite write(@Nullable String traceparent) {
    return new ParkedWrite(
        ParkedWrite.Kind.DEAD_LETTER,
        17,
        "shop.writes",
        2,
        1853,
        null,
        "public.orders",
        null,
        "row does not exist",
        null,
        null,
        traceparent,
        Instant.EPOCH,
        ParkedWrite.State.PARKED,
        null);
  }
}
