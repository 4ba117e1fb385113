package dev.cachetide.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.cli.doctor.Finding.Section;
import dev.cachetide.cli.doctor.Finding.Severity;
import org.junit.jupiter.api.Test;

final class ClocksTest {

  @Test
  void clocks_that_differ_by_more_than_a_second_are_worth_a_look() {
    Clocks clocks = new Clocks();
    clocks.told("Postgres", 1_000);
    clocks.told("Redis", -1_001);
    Report report = new Report(Section.CLOCKS);

    clocks.look(report);

    assertThat(report.findings())
        .extracting(Finding::severity)
        .containsExactly(Severity.OK, Severity.WARN);
  }
}
