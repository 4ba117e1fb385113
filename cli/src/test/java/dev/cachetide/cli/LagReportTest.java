package dev.cachetide.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.runtime.GroupLag.PartitionLag;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class LagReportTest {

  private static final PartitionLag READ =
      new PartitionLag("shop.t", 0, 120L, 120, 0, 0.0, "shop.invalidate", "/10.0.0.7");
  private static final PartitionLag UNREAD =
      new PartitionLag("shop.t", 1, 98L, 131, 33, 12.44, null, null);
  private static final PartitionLag UNKNOWN =
      new PartitionLag("shop.writes", 0, null, 5, 5, null, null, null);

  @Test
  void the_table_lines_up_and_sums_each_group() {
    assertThat(report(Map.of("shop.invalidate", List.of(READ, UNREAD))).lines())
        .containsExactly(
            "GROUP            TOPIC   PARTITION  COMMITTED  END  LAG  SECONDS  READ BY",
            "shop.invalidate  shop.t          0        120  120    0      0.0  shop.invalidate /10.0.0.7",
            "shop.invalidate  shop.t          1         98  131   33     12.4  nobody",
            "shop.invalidate  all             -          -    -   33     12.4");
  }

  @Test
  void what_is_not_known_is_said_to_be_not_known() {
    LagReport report = report(Map.of("shop.write-behind", List.of(UNKNOWN)));

    assertThat(report.lines().get(1)).containsPattern("-  +5 +5 +\\? +nobody");
    ObjectNode group = (ObjectNode) report.json(new ObjectMapper()).get("groups").get(0);
    assertThat(group.get("seconds").isNull()).isTrue();
    assertThat(group.get("partitions").get(0).get("committed").isNull()).isTrue();
    assertThat(group.get("records").asLong()).isEqualTo(5);
  }

  @Test
  void a_group_without_topics_is_told_of_in_a_line() {
    Map<String, List<PartitionLag>> groups = new LinkedHashMap<>();
    groups.put("shop.invalidate", List.of());
    assertThat(report(groups).lines()).containsExactly("shop.invalidate has no topic to read yet");
    groups.put("shop.write-behind", List.of(UNKNOWN));
    assertThat(report(groups).lines()).hasSize(4);
  }

  private static LagReport report(Map<String, List<PartitionLag>> groups) {
    return new LagReport("shop", Instant.EPOCH, groups);
  }
}
