package dev.cachetide.writebehind;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.writebehind.BatchPlan.Decoded;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

class StretchTest {

  private static final long MUCH = Long.MAX_VALUE;

  @Test
  void is_cut_by_records_whoever_decodes_them() {
    for (boolean ahead : new boolean[] {true, false}) {
      Stretch stretch = new Stretch(records(2_500, 1, 10), StretchTest::decode, () -> {});
      if (ahead) {
        stretch.chunks().forEach(Runnable::run);
      }
      assertThat(stretch.due(0)).isEqualTo(2_500);
      assertThat(offsets(stretch.next(0, 3, MUCH))).containsExactly(0L, 1L, 2L);
      assertThat(offsets(stretch.next(999, 3, MUCH))).containsExactly(999L, 1_000L, 1_001L);
      assertThat(offsets(stretch.next(0, 9_999, MUCH))).hasSize(2_500).isSorted();
      assertThat(offsets(stretch.next(2_499, 9_999, MUCH))).containsExactly(2_499L);
      assertThat(stretch.due(2_500)).isZero();
      assertThat(stretch.next(2_500, 9_999, MUCH)).isEmpty();
    }
  }

  @Test
  void each_chunk_is_reported_once_when_it_is_taken() {
    AtomicInteger taken = new AtomicInteger();
    Stretch stretch =
        new Stretch(records(2_500, 1, 10), StretchTest::decode, taken::incrementAndGet);
    stretch.next(0, 10, MUCH);
    stretch.next(10, 10, MUCH);
    assertThat(taken).hasValue(1);
    stretch.next(990, 1_200, MUCH);
    assertThat(taken).hasValue(3);
  }

  @Test
  void is_cut_by_bytes_but_never_to_nothing() {
    Stretch stretch = new Stretch(records(10, 1, 100), StretchTest::decode, () -> {});
    assertThat(offsets(stretch.next(0, 10, 303))).containsExactly(0L, 1L, 2L);
    assertThat(offsets(stretch.next(3, 10, 302))).containsExactly(3L, 4L);
    assertThat(offsets(stretch.next(5, 10, 1))).containsExactly(5L);
  }

  @Test
  void offsets_with_gaps_are_found_at_or_behind() {
    Stretch stretch = new Stretch(records(5, 10, 1), StretchTest::decode, () -> {});
    assertThat(stretch.due(11)).isEqualTo(3);
    assertThat(offsets(stretch.next(11, 2, MUCH))).containsExactly(20L, 30L);
    assertThat(offsets(stretch.next(20, 1, MUCH))).containsExactly(20L);
  }

  @Test
  void what_is_no_command_is_decoded_as_such() {
    assertThat(new Stretch(records(1, 1, 5), StretchTest::decode, () -> {}).next(0, 1, MUCH))
        .hasOnlyElementsOfType(BatchPlan.Malformed.class);
  }

  private static List<ConsumerRecord<byte[], byte[]>> records(int count, int step, int bytes) {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      records.add(new ConsumerRecord<>("t", 0, (long) i * step, new byte[] {1}, new byte[bytes]));
    }
    return records;
  }

  private static List<Long> offsets(List<Decoded> decoded) {
    return decoded.stream().map(each -> each.record().offset()).toList();
  }

  private static Supplier<List<Decoded>> decode(List<ConsumerRecord<byte[], byte[]>> records) {
    List<Decoded> decoded = BatchPlan.decode(records, WriteCatalog.of(List.of()));
    return () -> decoded;
  }
}
