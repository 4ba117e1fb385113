package dev.cachetide.writebehind;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.wire.WriteCommand;
import dev.cachetide.wire.WriteCommandCodec;
import dev.cachetide.writebehind.BatchPlan.Decoded;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class WriteIdsTest {

  @Test
  void a_batch_is_cut_only_where_a_name_comes_again() {
    List<Decoded> batch = batch("a", null, "b", null, "a", "b", "b");
    assertThat(WriteIds.stretches(batch)).extracting(List::size).containsExactly(4, 2, 1);
    assertThat(WriteIds.stretches(batch(null, "a", null))).hasSize(1);
    assertThat(WriteIds.offsets(batch)).isEqualTo(Map.of("a", 0L, "b", 2L));
  }

  @Test
  void what_was_taken_before_is_passed_over_and_what_was_parked_is_free_again() {
    List<Decoded> batch = batch("old", "a", "b", null);
    WriteIds ids = new WriteIds(Set.of("a", "b"));
    assertThat(ids.due(batch)).containsExactlyElementsOf(batch.subList(1, 4));
    ids.parked(List.of(((BatchPlan.Command) batch.get(1)).refused("no", null)));
    assertThat(ids.unused()).containsExactly("a");
    assertThat(ids.due(batch("b", "a"))).hasSize(1);
    assertThat(ids.unused()).isEmpty();
    assertThat(ids.duplicates()).extracting(c -> c.write().id()).containsExactly("old", "b");
  }

  private static List<Decoded> batch(@Nullable String... names) {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (String name : names) {
      WriteCommand command = WriteCommand.delete("t", Map.of("id", 1));
      byte[] value = WriteCommandCodec.encode(name == null ? command : command.withId(name));
      records.add(new ConsumerRecord<>("t", 0, records.size(), new byte[] {1}, value));
    }
    return BatchPlan.decode(records, WriteCatalog.of(List.of()));
  }
}
