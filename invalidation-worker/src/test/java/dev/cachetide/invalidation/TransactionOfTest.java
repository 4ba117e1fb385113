package dev.cachetide.invalidation;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.invalidation.rules.ChangeEvent;
import dev.cachetide.invalidation.rules.ChangeEvent.Operation;
import dev.cachetide.invalidation.rules.TransactionId;
import dev.cachetide.wire.Headers;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TransactionOfTest {

  private static final ChangeEvent EVENT = new ChangeEvent(Operation.TRUNCATE, null, null, 7, 9);

  private final ConsumerRecord<byte[], byte[]> record =
      new ConsumerRecord<>("t", 0, 0, new byte[0], new byte[0]);

  @Test
  void the_headers_tell_it_before_the_event_is_decoded() {
    header(Headers.XID, "4294967303");
    header(Headers.COMMITTED, "1700000000000000");

    TransactionId told = TransactionOf.HEADERS.before(record);

    assertThat(told).isEqualTo(new TransactionId(4294967303L, 1_700_000_000_000_000L));
    assertThat(TransactionOf.HEADERS.after(EVENT, told)).isSameAs(told);
  }

  @Test
  void without_the_headers_the_envelope_is_not_believed() {
    header(Headers.XID, "7");

    assertThat(TransactionOf.HEADERS.before(record)).isNull();
    assertThat(TransactionOf.HEADERS.after(EVENT, null)).isNull();
  }

  @Test
  void what_was_published_early_belongs_to_no_visible_transaction() {
    header(Headers.XID, "7");
    header(Headers.COMMITTED, "9");
    header(Headers.EARLY, "1");

    assertThat(TransactionOf.HEADERS.before(record)).isNull();
  }

  @Test
  void somebody_elses_debezium_tells_it_in_the_envelope_alone() {
    header(Headers.XID, "1");
    header(Headers.COMMITTED, "1");

    assertThat(TransactionOf.ENVELOPE.before(record)).isNull();
    assertThat(TransactionOf.ENVELOPE.after(EVENT, null)).isEqualTo(new TransactionId(7, 9));
    assertThat(
            TransactionOf.ENVELOPE.after(
                new ChangeEvent(Operation.TRUNCATE, null, null, 7, -1), null))
        .isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-1", "x", "1x", " 1", "1234567890123456789", "½"})
  void what_is_no_number_of_up_to_eighteen_digits_is_not_told(String text) {
    header(Headers.XID, text);

    assertThat(TransactionOf.number(record, Headers.XID)).isEqualTo(-1);
  }

  private void header(String name, String value) {
    record.headers().add(name, value.getBytes(UTF_8));
  }
}
