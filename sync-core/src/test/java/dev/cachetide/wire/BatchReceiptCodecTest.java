package dev.cachetide.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cachetide.wire.BatchReceipt.Rejection;
import dev.cachetide.wire.BatchReceiptCodec.MalformedReceiptException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class BatchReceiptCodecTest {

  private static final String COMMITTED = "2026-01-01T10:00:00.123456Z";

  @Test
  void what_is_written_is_read_again() throws Exception {
    List<Rejection> rejected =
        List.of(
            new Rejection(103, "mine", false, "row does not exist", null),
            new Rejection(105, null, true, "the row has another version", null),
            new Rejection(107, null, false, "constraint c: \"x\"", "23514"));
    BatchReceipt receipt = receipt(100, 164, bits(1, 9), rejected);
    assertThat(BatchReceiptCodec.decode(BatchReceiptCodec.encode(receipt))).isEqualTo(receipt);
    assertThat(BatchReceiptCodec.rejections(BatchReceiptCodec.encode(rejected)))
        .isEqualTo(rejected);
    assertThat(receipt.isSuperseded(101)).isTrue();
    assertThat(receipt.isSuperseded(102)).isFalse();
    assertThat(receipt.rejection(105)).hasValueSatisfying(each -> each.conflict());
    assertThat(receipt.covers(99) || receipt.covers(164)).isFalse();
  }

  @Test
  void it_is_flat_json_that_other_languages_read() {
    assertThat(new String(BatchReceiptCodec.encode(receipt(5, 7, bits(1), List.of())), UTF_8))
        .isEqualTo(
            "{\"v\":1,\"topic\":\"shop.writes\",\"topicId\":\"id\",\"partition\":2,\"first\":5,"
                + "\"next\":7,\"xid\":7731,\"lsn\":\"0/1B3A2F8\",\"committed\":\""
                + COMMITTED
                + "\",\"superseded\":\"Ag==\"}");
    assertThat(new String(BatchReceiptCodec.recordKey(receipt(5, 7, bits(), List.of())), UTF_8))
        .isEqualTo("shop.writes/2");
  }

  @Test
  void a_field_of_a_later_version_is_passed_over() throws Exception {
    String json =
        "{\"v\":1,\"topic\":\"t\",\"topicId\":\"i\",\"partition\":0,\"first\":0,\"next\":1,"
            + "\"xid\":1,\"lsn\":\"0/0\",\"committed\":\"\",\"more\":{\"a\":[1]}}";
    assertThat(BatchReceiptCodec.decode(json.getBytes(UTF_8)).next()).isEqualTo(1);
  }

  @Test
  void a_receipt_that_is_too_long_for_a_record_comes_in_stretches() throws Exception {
    List<Rejection> rejected = new ArrayList<>();
    BitSet superseded = new BitSet();
    for (int i = 0; i < 1_000; i++) {
      if (i % 3 == 0) {
        superseded.set(i);
      } else if (i % 3 == 1) {
        rejected.add(new Rejection(50 + i, "id" + i, false, "x".repeat(500), "23514"));
      }
    }
    BatchReceipt whole = receipt(50, 1_050, superseded, rejected);
    long next = 50;
    for (byte[] part : BatchReceiptCodec.encode(whole, 20_000)) {
      assertThat(part).hasSizeLessThanOrEqualTo(20_000);
      BatchReceipt stretch = BatchReceiptCodec.decode(part);
      assertThat(stretch.first()).isEqualTo(next);
      for (long offset = stretch.first(); offset < stretch.next(); offset++) {
        assertThat(stretch.isSuperseded(offset)).isEqualTo(whole.isSuperseded(offset));
        assertThat(stretch.rejection(offset)).isEqualTo(whole.rejection(offset));
      }
      next = stretch.next();
    }
    assertThat(next).isEqualTo(1_050);
  }

  @Test
  void what_is_no_receipt_is_refused_without_quoting_it() {
    for (String bytes : List.of("", "[]", "{", "{\"v\":2}", "{\"v\":1,\"topic\":\"secret\"}")) {
      assertThatThrownBy(() -> BatchReceiptCodec.decode(bytes.getBytes(UTF_8)))
          .isInstanceOf(MalformedReceiptException.class)
          .hasMessageNotContaining("secret");
    }
  }

  private static BitSet bits(int... set) {
    BitSet bits = new BitSet();
    for (int bit : set) {
      bits.set(bit);
    }
    return bits;
  }

  private static BatchReceipt receipt(
      long first, long next, BitSet superseded, List<Rejection> rejected) {
    return new BatchReceipt(
        "shop.writes", "id", 2, first, next, 7731, "0/1B3A2F8", COMMITTED, superseded, rejected);
  }
}
