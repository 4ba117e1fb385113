package dev.cachetide.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import org.junit.jupiter.api.Test;

final class StrategiesTourIT {

  private static final List<String> STRATEGIES =
      List.of(
          "cache-aside",
          "read-through",
          "write-through",
          "write-behind",
          "refresh-ahead",
          "multi-level",
          "several keys",
          "invalidation",
          "atomic field update",
          "warming",
          "metrics",
          "protection");

  @Test
  void every_strategy_is_shown_and_holds_and_the_report_is_one_json_object() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();

    boolean ok = StrategiesTour.run(true, new PrintStream(out, true, UTF_8), System.err);

    JsonNode report = new ObjectMapper().readTree(out.toString(UTF_8));
    assertThat(report.get("strategies"))
        .allSatisfy(step -> assertThat(step.get("ok").asBoolean()).as(step.toString()).isTrue());
    assertThat(report.get("strategies").findValuesAsText("strategy"))
        .satisfies(
            shown ->
                assertThat(STRATEGIES)
                    .allSatisfy(
                        strategy -> assertThat(shown).anyMatch(name -> name.startsWith(strategy))));
    assertThat(ok).isEqualTo(report.get("ok").asBoolean()).isTrue();
  }
}
