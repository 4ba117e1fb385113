package dev.cachetide.writebehind;

import dev.cachetide.wire.TableName;
import dev.cachetide.writebehind.RowScreens.Effects;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;

/**
 * Foresees what Postgres will refuse of one stretch, so that it is not searched for: by the types
 * of its values, by what was refused before ({@link Clues}), and by asking which values the
 * constraints of their tables will refuse.
 *
 * <p>Questions cost time, so as long as nothing was refused they are asked only where something was
 * lately. After a refusal all of them are, at once: what is bad in one way seldom comes alone. What
 * {@link LookAhead} has found nothing wrong with is not asked for again.
 */
final class Foresight implements LogApplier.Hints {

  /**
   * What is alike is at most one effect in so many: otherwise it is not what is wrong with them.
   */
  private static final int SPARSE = 64;

  /** From how many refusals of one log is learned at once: each is compared with all of it. */
  private static final int MOST_LEARNED = 32;

  /** What is asked for, in this order. */
  static final List<Suspicion> CONSTRAINTS =
      List.of(Suspicion.CHECK, Suspicion.PARENT, Suspicion.PRESENCE, Suspicion.OTHERS);

  private final Clues clues;
  private final Questions questions;
  private final Set<Object> asked = new HashSet<>();
  private IntFunction<Doubts> doubts = index -> Doubts.UNKNOWN;
  private int learned;

  Foresight(Clues clues, RowScreens screens) {
    this.clues = clues;
    this.questions = new Questions(screens);
  }

  /** What is known already of the effects of the log to come, by index. */
  void begin(IntFunction<Doubts> known) {
    doubts = known;
  }

  @Override
  public void suspect(List<RowOp> log, boolean all, Suspects suspects)
      throws SQLException, RowsRefusedException {
    Map<TableName, List<Integer>> fit = new LinkedHashMap<>();
    ValueScreen values = new ValueScreen();
    Learned.Search remembered = clues.search();
    for (int i = 0; i < log.size(); i++) {
      RowOp op = log.get(i);
      if (doubts.apply(i).leaves(Suspicion.VALUE)
          && values.misfit(op, column -> clues.trusts(op.table().name(), column)).isPresent()) {
        suspects.add(i, Suspicion.VALUE);
      } else if (doubts.apply(i).leaves(Suspicion.REMEMBERED) && remembered.finds(op)) {
        suspects.add(i, Suspicion.REMEMBERED);
      }
      if (!suspects.contains(i)) {
        fit.computeIfAbsent(op.table().name(), table -> new ArrayList<>()).add(i);
      }
    }
    for (List<Integer> effects : fit.values()) {
      RowWriter.judged(
          () -> {
            ask(log.get(effects.get(0)).table(), log, effects, all, suspects);
            return effects;
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
    suspects.add(index, Suspicion.REMEMBERED);
    Learned.Search remembered = clues.search();
    BitSet alike = new BitSet();
    for (int i = index + 1; i < log.size(); i++) {
      if (!suspects.contains(i) && remembered.finds(log.get(i))) {
        alike.set(i);
      }
    }
    if (alike.cardinality() <= (log.size() - index) / SPARSE) {
      alike.stream().forEach(i -> suspects.add(i, Suspicion.REMEMBERED));
    }
  }

  private void ask(
      TargetTable table, List<RowOp> log, List<Integer> fit, boolean all, Suspects suspects)
      throws SQLException {
    for (Suspicion suspicion : CONSTRAINTS) {
      boolean worthIt = all || clues.expects(table.name(), suspicion);
      if (worthIt && asked.add(Map.entry(table.name(), suspicion))) {
        List<Integer> left =
            fit.stream().filter(index -> doubts.apply(index).leaves(suspicion)).toList();
        questions.ask(suspicion, table, new Effects(log, left), suspects::add);
      }
    }
  }
}
