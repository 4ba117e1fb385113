package dev.cachetide.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class DemoIT {

  @Test
  void the_demo_checks_everything_it_shows_and_ends_with_one_json_object() throws Exception {
    System.setProperty("cachetide.home", Path.of("..").toAbsolutePath().normalize().toString());

    Invocation demo = Invocation.of("demo", "--json");

    assertThat(demo.exitCode()).as(demo.err()).isZero();
    JsonNode report = new ObjectMapper().readTree(demo.out());
    assertThat(report.get("ok").asBoolean()).isTrue();
    assertThat(report.get("evictions").asLong()).isGreaterThan(40_000);
    assertThat(report.get("commit_to_evict_ms").get("p50").asDouble()).isPositive();
    assertThat(report.get("commit_to_evict_ms").get("p99").asDouble()).isPositive();
    assertThat(report.get("writes_accepted").asLong())
        .isEqualTo(report.get("writes_applied").asLong() + report.get("dead_letters").asLong());
    assertThat(report.get("dead_letters").asLong()).isOne();
    assertThat(demo.err()).contains("✓ a user changes e-mail address");
  }
}
