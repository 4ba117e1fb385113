package dev.cachetide.writebehind;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cachetide.runtime.settings.WriteTableSettings.Conflicts;
import dev.cachetide.wire.WriteCommand;
import java.math.BigDecimal;
import java.util.Collections;
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
    assertThat(planner.plan(WriteCommand.insert("t", Map.of("id", 1), Map.of("n", 2))))
        .isEqualTo(Ops.insert(table, "1", "n", "2"));
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

  @Test
  void a_policy_refuses_what_it_has_no_room_for() {
    Map<String, Integer> id = Map.of("id", 1);
    Map<String, Integer> n = Map.of("n", 1);
    refused(Conflicts.COLUMNS, WriteCommand.upsert("t", id, n), "takes no upsert: send insert");
    refused(Conflicts.DELTA, WriteCommand.upsert("t", id, n), "takes no upsert and update");
    refused(Conflicts.DELTA, WriteCommand.update("t", id, n), "takes no upsert and update");
    for (Conflicts policy : List.of(Conflicts.LOG_ORDER, Conflicts.COLUMNS, Conflicts.DELTA)) {
      refused(policy, WriteCommand.delete("t", id).withBase(1), "'base' would not be looked at");
    }
  }

  @Test
  void an_optimistic_command_names_the_version_it_has_seen_and_raises_it() throws Exception {
    TargetTable optimistic = Tables.optimistic("o");
    CommandPlanner planner = new CommandPlanner(WriteCatalog.of(List.of(optimistic)));
    Map<String, Integer> id = Map.of("id", 1);
    assertThat(planner.plan(WriteCommand.upsert("o", id, Map.of("a", "x")).withBase(3)))
        .isEqualTo(
            RowOp.change(
                    optimistic,
                    List.of("1"),
                    Ops.map("a", "x"),
                    Columns.of(Map.of("n", BigDecimal.ONE)))
                .onlyAt("3"));
    assertThat(planner.plan(WriteCommand.update("o", id, Map.of("n", 9)).withBase("3")))
        .isEqualTo(Ops.update(optimistic, "1", "n", "9").onlyAt("3"));
    assertThat(planner.plan(WriteCommand.delete("o", id).withBase(new BigDecimal("3.0"))))
        .isEqualTo(Ops.delete(optimistic, "1").onlyAt("3"));
    assertThat(planner.plan(WriteCommand.insert("o", id, Map.of("n", 1))))
        .isEqualTo(Ops.insert(optimistic, "1", "n", "1"));
    refused(planner, WriteCommand.delete("o", id), "'base' is missing");
    refused(planner, WriteCommand.delete("o", id).withBase("x"), "'base': column 'n'");
    refused(
        planner,
        WriteCommand.update("o", id, Collections.singletonMap("n", null)).withBase(3),
        "cannot be null");
  }

  private static void refused(Conflicts policy, WriteCommand command, String reason) {
    refused(new CommandPlanner(WriteCatalog.of(List.of(Tables.with(policy)))), command, reason);
  }

  private static void refused(CommandPlanner planner, WriteCommand command, String reason) {
    assertThatThrownBy(() -> planner.plan(command))
        .isInstanceOf(MisfitException.class)
        .hasMessageContaining(reason);
  }

  private void refused(WriteCommand command, String reason) {
    refused(planner, command, reason);
  }
}
