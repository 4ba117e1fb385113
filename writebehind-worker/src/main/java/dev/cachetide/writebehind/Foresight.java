package dev.cachetide.writebehind;

import dev.cachetide.wire.TableName;
import dev.cachetide.writebehind.RowScreens.Effects;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumSet;
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

  /**
   * What is alike is at most one effect in so many: otherwise it is not what is wrong with them.
   */
  private static final int SPARSE = 64;

  /** From how many refusals of one log is learned at once: each is compared with all of it. */
  private static final int MOST_LEARNED = 32;

  private static final Set<RowOp.Kind> INSERTS = Set.of(RowOp.Kind.INSERT, RowOp.Kind.UPSERT);

  private final Clues clues;
  private final RowScreens screens;
  private final Set<Object> asked = new HashSet<>();
  private int learned;

  Foresight(Clues clues, RowScreens screens) {
    this.clues = clues;
    this.screens = screens;
  }

  @Override
  public void suspect(List<RowOp> log, boolean all, Suspects suspects)
      throws SQLException, RowsRefusedException {
    Map<TableName, List<Integer>> fit = new LinkedHashMap<>();
    ValueScreen values = new ValueScreen();
    for (int i = 0; i < log.size(); i++) {
      RowOp op = log.get(i);
      if (values.misfit(op, column -> clues.trusts(op.table().name(), column)).isPresent()) {
        suspects.add(i, Suspicion.VALUE);
      } else if (clues.follow(op)) {
        suspects.add(i, Suspicion.OTHERS);
      }
      if (!suspects.contains(i)) {
        fit.computeIfAbsent(op.table().name(), table -> new ArrayList<>()).add(i);
      }
    }
    for (List<Integer> effects : fit.values()) {
      Question question = new Question(log, effects, all, suspects);
      RowWriter.judged(
          () -> {
            ask(log.get(effects.get(0)).table(), question);
            return question;
          });
    }
  }

  @Override
  public void refused(List<RowOp> log, int index, RowsRefusedException refusal, Suspects suspects) {
    if (learned == MOST_LEARNED) {
      return;
    }
    learned++;
    List<RowOp> accepted = new ArrayList<>();
    for (int i = 0; i < index; i++) {
      if (!suspects.contains(i)) {
        accepted.add(log.get(i));
      }
    }
    if (!clues.learn(log.get(index), refusal, accepted)) {
      return;
    }
    suspects.add(index, Suspicion.OTHERS);
    BitSet alike = new BitSet();
    for (int i = index + 1; i < log.size(); i++) {
      if (!suspects.contains(i) && clues.follow(log.get(i))) {
        alike.set(i);
      }
    }
    if (alike.cardinality() <= (log.size() - index) / SPARSE) {
      alike.stream().forEach(i -> suspects.add(i, Suspicion.OTHERS));
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
    if (isDue(table, Suspicion.PRESENCE, question)) {
      askForRows(table, effects, question.found(Suspicion.PRESENCE));
    }
    if (isDue(table, Suspicion.OTHERS, question)) {
      askForUniqueValues(table, effects, question.suspects());
    }
  }

  private void askForUniqueValues(TargetTable table, Effects effects, Suspects suspects)
      throws SQLException {
    if (table.uniques().isEmpty()) {
      return;
    }
    Set<List<String>> written = effects.keys(table.name(), EnumSet.allOf(RowOp.Kind.class));
    for (List<String> unique : table.uniques()) {
      screens.taken(
          table,
          unique,
          effects,
          (index, holder) -> {
            boolean stays = table.tellsRowsApart() && !mayBeAmong(written, table, holder);
            suspects.add(index, stays ? Suspicion.TAKEN : Suspicion.OTHERS);
          });
    }
  }

  /** Whether a key, as Postgres writes it, may be one of some that commands have. */
  private static boolean mayBeAmong(
      Set<List<String>> keys, TargetTable table, List<String> asPostgresHasIt) {
    List<String> key = new ArrayList<>();
    for (int i = 0; i < asPostgresHasIt.size(); i++) {
      try {
        key.add(PgText.key(table.key().get(i).type(), asPostgresHasIt.get(i)));
      } catch (MisfitException e) {
        return true; // a form of its own, which cannot be compared
      }
    }
    return keys.contains(key);
  }

  private void askForParents(TargetTable table, Effects effects, IntConsumer found)
      throws SQLException {
    for (TargetTable.Parent parent : table.constraints().parents()) {
      Set<List<String>> inserted = effects.keys(parent.table(), INSERTS);
      screens.orphans(table, parent, effects, inserted, found);
    }
  }

  private void askForRows(TargetTable table, Effects effects, IntConsumer found)
      throws SQLException {
    Effects changes = effects.only(Set.of(RowOp.Kind.CHANGE, RowOp.Kind.DELETE));
    if (!changes.indexes().isEmpty()) {
      screens.absent(table, changes, effects.keys(table.name(), INSERTS), found);
    }
    Set<RowOp.Kind> delete = Set.of(RowOp.Kind.DELETE);
    Effects inserts = effects.only(Set.of(RowOp.Kind.INSERT));
    if (!inserts.indexes().isEmpty()) {
      screens.present(table, inserts, effects.keys(table.name(), delete), found);
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
