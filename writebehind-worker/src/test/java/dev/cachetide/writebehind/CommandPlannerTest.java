package dev.cachetide.writebehind;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cachetide.wire.WriteCommand;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CommandPlannerTest {

  private final TargetTable table = Tables.plain("t");
  private final CommandPlanner planner = new CommandPlanner(WriteCatalog.of(List.of(table)));

  @Test
  void a_command_becomes_its_effect() throws Exception {
    assertThat(planner.plan(WriteCommand.upsert("t", Map.of("id", 1), Map.of("n", 2))))
        .isEqualTo(Ops.upsert(table, "1", "n", "2"));
    assertThat(planner.plan(WriteCommand.update("t", Map.of("id", 1), Map.of("a", "x"))))
        .isEqualTo(Ops.update(table, "1", "a", "x"));
    assertThat(
            planner.plan(
                WriteCommand.delta("t", Map.of("id", 1), Map.of("m", new BigDecimal("0.1")))))
        .isEqualTo(Ops.delta(table, "1", "m", "0.1"));
    assertThat(planner.plan(WriteCommand.delete("t", Map.of("id", 1))))
        .isEqualTo(Ops.delete(table, "1"));
  }

  @Test
  void what_the_table_cannot_take_is_refused_by_name() {
    Map<String, Integer> id = Map.of("id", 1);
    refused(WriteCommand.delete("other", id), "table is not listed for writes");
    refused(WriteCommand.delete("t", Map.of("no", 1)), "key column 'id' is missing");
    refused(WriteCommand.delete("t", Map.of("id", 1, "a", "x")), "'a' is not a column of the");
    refused(WriteCommand.delete("t", Map.of("id", true)), "column 'id' has type int8");
    refused(WriteCommand.update("t", id, Map.of("no", 1)), "column 'no' does not exist");
    refused(WriteCommand.update("t", id, Map.of("g", 1)), "column 'g' is generated always");
    refused(WriteCommand.update("t", id, Map.of("a", 1)), "takes text, not a number");
    refused(WriteCommand.delta("t", id, Map.of("a", 1)), "nothing can be added");
    refused(WriteCommand.delta("t", id, Map.of("n", 0.5)), "whole numbers");
  }

  private void refused(WriteCommand command, String reason) {
    assertThatThrownBy(() -> planner.plan(command))
        .isInstanceOf(MisfitException.class)
        .hasMessageContaining(reason);
  }
}
