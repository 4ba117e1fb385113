package dev.cachetide.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ClusterViewTest {
  private static final String HALF = "a 127.0.0.1:7001@7101 myself,master - 0 0 1 connected 0-8191";
  private static final String REST =
      "b 127.0.0.1:7002@7102,host master - 0 1 2 connected 8192-16382 16383 [9000->-a]";
  private static final String REPLICA = "c 127.0.0.1:7003@7103 slave a 0 1 1 connected";

  @Test
  void slots_are_found_at_both_ends_of_a_range_and_alone() {
    ClusterView view = view(HALF, REST, REPLICA);
    assertThat(view.owner(0)).map(ClusterView.Member::port).contains(7001);
    assertThat(view.owner(8_191)).map(ClusterView.Member::port).contains(7001);
    assertThat(view.owner(8_192)).map(ClusterView.Member::port).contains(7002);
    assertThat(view.owner(16_383)).map(ClusterView.Member::port).contains(7002);
    assertThat(view.of(7003).slots()).isEmpty();
    assertThat(view(HALF).owner(9_000)).isEmpty();
  }

  @Test
  void it_is_settled_when_all_are_known_in_their_roles_and_none_is_suspected() {
    assertThat(view(HALF, REST, REPLICA).settled(2, 1)).isTrue();
    assertThat(view(HALF, REST, REPLICA).settled(3, 0)).isFalse();
    assertThat(view(HALF, REST).settled(2, 1)).isFalse();
    assertThat(view(HALF.replace("master", "master,fail?"), REST).settled(2, 0)).isFalse();
    assertThat(view(HALF, REST.replace("master", "handshake")).settled(2, 0)).isFalse();
  }

  private static ClusterView view(String... lines) {
    return ClusterView.of(String.join("\n", lines) + "\n");
  }
}
