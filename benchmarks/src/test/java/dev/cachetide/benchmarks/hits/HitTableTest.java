package dev.cachetide.benchmarks.hits;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.junit.jupiter.api.Test;

final class HitTableTest {

  private final HitTable table =
      new HitTable(
          List.of(
              new Measurement(Contender.LETTUCE, 1, 20_000, 2_909, 40),
              new Measurement(Contender.LETTUCE, 64, 100_000, 2_909, 10),
              new Measurement(Contender.JETCACHE, 1, 10_000, 4_667, 70),
              new Measurement(Contender.JETCACHE, 64, 120_000, 4_667, 20),
              new Measurement(Contender.JETCACHE_LOCAL, 1, 3_000_000, 333, 0.25),
              new Measurement(Contender.JETCACHE_LOCAL, 64, 12_000_000, 333, 0.125)));

  @Test
  void ratios_are_to_the_plain_get_at_the_same_number_of_threads() {
    assertThat(table.lines()).anySatisfy(line -> assertThat(line).contains("10,000   0.50x"));
    assertThat(table.lines()).anySatisfy(line -> assertThat(line).contains("120,000   1.20x"));
    assertThat(table.lines()).anySatisfy(line -> assertThat(line).contains("3,000,000    150x"));
  }

  @Test
  void columns_line_up() {
    assertThat(table.lines())
        .filteredOn(line -> line.startsWith("  ") && !line.endsWith("threads"))
        .hasSize(4)
        .extracting(String::length)
        .containsOnly(28 + 2 * 26 + 9);
  }

  @Test
  void programs_get_the_same_figures() {
    assertThat(table.toJson(new ObjectMapper()).get(3).toString())
        .isEqualTo(
            "{\"contender\":\"jetcache\",\"inProcess\":false,\"threads\":64,"
                + "\"hitsPerSecond\":120000,\"ratio\":1.2,\"cpuMicrosPerHit\":20.0,"
                + "\"bytesPerHit\":4667}");
  }

  @Test
  void the_best_round_counts() {
    Measurement slow = new Measurement(Contender.LETTUCE, 1, 1, 0, 0);
    Measurement fast = new Measurement(Contender.LETTUCE, 1, 2, 0, 0);
    Measurement other = new Measurement(Contender.LETTUCE, 8, 3, 0, 0);

    assertThat(Measurement.best(List.of(slow, fast, other))).containsExactlyInAnyOrder(fast, other);
  }
}
