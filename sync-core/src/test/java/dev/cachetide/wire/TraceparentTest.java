package dev.cachetide.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TraceparentTest {

  private static final String GOOD = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  private static RecordHeaders headers(String value) {
    RecordHeaders headers = new RecordHeaders();
    headers.add(Traceparent.HEADER, value.getBytes(StandardCharsets.UTF_8));
    return headers;
  }

  @Test
  void it_is_kept_as_it_stands_and_names_a_trace() {
    assertThat(Traceparent.of(headers(GOOD))).isEqualTo(GOOD);
    assertThat(Traceparent.traceId(GOOD)).isEqualTo("0af7651916cd43dd8448eb211c80319c");
  }

  @Test
  void of_two_the_last_counts_and_none_is_none() {
    RecordHeaders headers = headers("nonsense");
    headers.add(Traceparent.HEADER, GOOD.getBytes(StandardCharsets.UTF_8));
    assertThat(Traceparent.of(headers)).isEqualTo(GOOD);
    assertThat(Traceparent.of(new RecordHeaders())).isNull();
    assertThat(Traceparent.of(new RecordHeaders().add(Traceparent.HEADER, null))).isNull();
    assertThat(Traceparent.traceId(null)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "ada@example.org",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\u0000",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-ada",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
      })
  void what_has_not_the_form_is_none(String text) {
    assertThat(Traceparent.of(headers(text))).isNull();
    assertThat(Traceparent.traceId(text)).isNull();
  }
}
