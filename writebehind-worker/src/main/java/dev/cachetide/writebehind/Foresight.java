package dev.cachetide.writebehind;

import dev.cachetide.wire.TableName;
import dev.cachetide.writebehind.RowScreens.Effects;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntConsumer;

/**
 * Foresees what Postgres will refuse of one stretch, so that it is not searched for: by the types
 * of its values, by what was refused before ({@link Clues}), and by asking which values the
 * constraints of their tables will refuse.
 *
 * <p>Questions cost time, so as long as nothing was refused they are asked only where something was
 * lately. After a refusal all of them are, at once: what is bad in one way seldom comes alone.
 */
final class Foresight implements LogApplier.Hints {

  private final Clues clues;
  private final RowScreens screens;
  private final Set<Object> asked = new HashSet<>();

  Foresight(Clues clues, RowScreens screens) {
    this.clues = clues;
    this.screens = screens;
  }

  @Override
  public void suspect(List<RowOp> log, boolean all, Suspects suspects)
      throws SQLException, RowsRefusedException {
    Map<TargetTable, List<Integer>> fit = new LinkedHashMap<>();
    for (int i = 0; i < log.size(); i++) {
      RowOp op = log.get(i);
      if (ValueScreen.misfit(op, column -> clues.trusts(op.table().name(), column)).isPresent()) {
        suspects.add(i, Suspicion.VALUE);
      } else if (clues.follow(op)) {
        suspects.add(i, Suspicion.OTHERS);
      }
      if (op.kind() != RowOp.Kind.DELETE && !suspects.contains(i)) {
        fit.computeIfAbsent(op.table(), table -> new ArrayList<>()).add(i);
      }
    }
    for (var effects : fit.entrySet()) {
      Question question = new Question(log, effects.getValue(), all, suspects);
      RowWriter.judged(
          () -> {
            ask(effects.getKey(), question);
            return null;
          });
    }
  }

  private void ask(TargetTable table, Question question) throws SQLException {
    Effects effects = new Effects(question.log(), question.fit());
    if (isDue(table, Suspicion.CHECK, question)) {
      for (TargetTable.Check check : table.constraints().checks()) {
        screens.failing(table, check, effects, question.found(Suspicion.CHECK));
      }
    }
    if (isDue(table, Suspicion.PARENT, question)) {
      askForParents(table, effects, question.found(Suspicion.PARENT));
    }
    if (isDue(table, Suspicion.OTHERS, question)) {
      for (List<String> unique : table.uniques()) {
        screens.taken(table, unique, effects, question.found(Suspicion.OTHERS));
      }
    }
  }

  private void askForParents(TargetTable table, Effects effects, IntConsumer found)
      throws SQLException {
    Set<TableName> parents = new HashSet<>();
    table.constraints().parents().forEach(parent -> parents.add(parent.table()));
    Map<TableName, Set<List<String>>> inserted = Effects.inserted(effects.log(), parents);
    for (TargetTable.Parent parent : table.constraints().parents()) {
      Set<List<String>> comes = inserted.getOrDefault(parent.table(), Set.of());
      screens.orphans(table, parent, effects, comes, found);
    }
  }

  /** Whether to ask, which is once. */
  private boolean isDue(TargetTable table, Suspicion suspicion, Question question) {
    return (question.all() || clues.expects(table.name(), suspicion))
        && asked.add(Map.entry(table.name(), suspicion));
  }

  /** What was asked for, with what Postgres said. */
  private record Question(List<RowOp> log, List<Integer> fit, boolean all, Suspects suspects) {
    IntConsumer found(Suspicion suspicion) {
      return index -> suspects.add(index, suspicion);
    }
  }
}
