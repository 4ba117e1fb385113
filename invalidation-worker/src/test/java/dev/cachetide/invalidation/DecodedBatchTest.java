package dev.cachetide.invalidation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.invalidation.rules.ChangeEvent;
import dev.cachetide.invalidation.rules.ChangeEvent.Operation;
import dev.cachetide.invalidation.rules.RowImage;
import dev.cachetide.invalidation.rules.StormGovernor;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

final class DecodedBatchTest {

  private final DecodedBatch batch = new DecodedBatch(new StormGovernor());

  @Test
  void the_gate_is_asked_for_the_transactions_that_have_changed_rows() {
    add(Operation.UPDATE, 7);
    add(Operation.DELETE, 8);
    add(Operation.UPDATE, 7);
    add(Operation.CREATE, -1);

    assertThat(batch.xids()).containsExactly(7L, 8L);
  }

  @Test
  void nobody_waits_for_the_transaction_that_reads_a_snapshot() {
    add(Operation.READ, 7);

    assertThat(batch.xids()).isEmpty();
  }

  private void add(Operation operation, long xid) {
    RowImage row = new RowImage(Map.of("id", "1"), Set.of());
    boolean gone = operation == Operation.DELETE;
    batch.add(
        new ChangeEvent(operation, gone ? row : null, gone ? null : row, xid, -1),
        new ConsumerRecord<>("shop.public.users", 0, 0, new byte[0], new byte[0]));
  }
}
