package dev.cachetide.invalidation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

final class SlotMapTest {

  private static final String NODES =
      """
      a1 127.0.0.1:7000@17000 myself,master - 0 1700000000000 1 connected 0-5460 5462
      b2 127.0.0.1:7001@17001 master - 0 1700000000001 2 connected 5461 5463-16383
      c3 127.0.0.1:7002@17002 slave a1 0 1700000000002 1 connected
      """;

  @Test
  void primaries_are_read_with_their_slots() {
    assertThat(SlotMap.parse(NODES))
        .isEqualTo(new SlotMap(Map.of("a1", "0-5460 5462", "b2", "5461 5463-16383"), false));
  }

  @Test
  void times_and_replicas_make_no_difference_and_slots_do() {
    assertThat(SlotMap.parse(NODES.replace("17000000000", "17000000011")))
        .isEqualTo(SlotMap.parse(NODES));
    assertThat(SlotMap.parse(NODES.replace(" 5461 ", " 5460-5461 ")))
        .isNotEqualTo(SlotMap.parse(NODES));
  }

  @Test
  void a_slot_on_its_way_is_seen_at_both_ends() {
    assertThat(SlotMap.parse(NODES.replace(" 5462", " 5462 [5462->-b2]")).moving()).isTrue();
    assertThat(SlotMap.parse(NODES.replace("-16383", "-16383 [5462-<-a1]")).moving()).isTrue();
  }
}
