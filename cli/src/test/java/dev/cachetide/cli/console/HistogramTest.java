package dev.cachetide.cli.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.cachetide.cli.look.MetricsPage;
import java.util.List;
import org.junit.jupiter.api.Test;

final class HistogramTest {

  private static final String TIMER = "cachetide_canary_delay_seconds";

  private static Histogram of(int upTo10, int upTo100, int all) {
    String text =
        TIMER
            + "_bucket{le=\"0.01\"} "
            + upTo10
            + "\n"
            + TIMER
            + "_bucket{le=\"0.1\",} "
            + upTo100
            + "\n# a comment\n"
            + TIMER
            + "_bucket{le=\"+Inf\"} "
            + all
            + "\n";
    return Histogram.of(List.of(MetricsPage.parse(text)), TIMER);
  }

  @Test
  void a_quantile_lies_within_the_bucket_that_holds_it() {
    Histogram before = of(10, 10, 10);
    Histogram now = of(60, 110, 110);

    assertThat(now.quantile(0.25, before)).isCloseTo(0.005, within(1e-9));
    assertThat(now.quantile(0.75, before)).isCloseTo(0.055, within(1e-9));
    assertThat(of(0, 0, 5).quantile(0.5, of(0, 0, 0))).isEqualTo(0.1);
  }

  @Test
  void what_is_not_known_is_no_number() {
    Histogram now = of(10, 10, 10);

    assertThat(now.quantile(0.5, now)).isNull();
    assertThat(of(1, 1, 1).quantile(0.5, now)).as("a worker began anew").isNull();
    assertThat(Histogram.of(List.of(), TIMER).quantile(0.5, now)).isNull();
  }

  @Test
  void a_page_is_read_with_its_labels_and_what_is_no_number_counts_for_nothing() {
    MetricsPage page =
        MetricsPage.parse(
            """
            cachetide_canary_age_seconds NaN
            cachetide_x_total{rule="a \\"b\\"",kind="key"} 2.0
            cachetide_x_total{rule="c",kind="tag"} 1.5E3
            jvm_threads 3
            """);

    assertThat(page.max("cachetide_canary_age_seconds")).isEmpty();
    assertThat(page.sum("cachetide_x_total")).hasValue(1502);
    assertThat(page.of("cachetide_x_total").get(0).label("rule")).isEqualTo("a \"b\"");
    assertThat(page.of("jvm_threads")).isEmpty();
  }
}
