package dev.cachetide.writebehind;

import dev.cachetide.wire.TableName;
import dev.cachetide.writebehind.Expectations.Place;
import dev.cachetide.writebehind.LearnedValues.Clue;
import java.util.BitSet;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Remembers from stretch to stretch what was refused: which constraints are worth being asked for,
 * and, of what no constraint tells (a trigger's objections), the values.
 *
 * <p>A value is remembered as it is and by its form, in which all numbers are alike: what is wrong
 * once tends to come again, or with another number. A clue parks nothing. It has its effect tried
 * alone, and Postgres decides; so a clue that proves false costs a statement, and is not followed
 * again as long as refusals keep coming. After some stretches without any, all is forgotten.
 */
final class Clues {

  private static final int ALERT_STRETCHES = 20;
  private static final int MOST = 1_000;

  private final Learned learned = new Learned();
  private final Set<Refuted> refuted = new HashSet<>();
  private final Set<Place> trusted = new HashSet<>();

  /** What the log at hand has taught already: the very effects, since others may equal them. */
  private final Set<RowOp> atOnce = Collections.newSetFromMap(new IdentityHashMap<>());

  /** Columns of which refused values do not come again: none of them is looked for. */
  private final Set<Place> unrepeated = new HashSet<>();

  private final Map<Constraint, Boolean> expected = new HashMap<>();
  private int alert;

  /** Columns of which something was remembered since the log at hand was looked at. */
  private final Map<TableName, Set<String>> news = new HashMap<>();

  /** A copy of what is learned; null when it has changed. */
  private @Nullable Learned snapshot;

  /** Whether a stretch is worth looking at before it is tried. */
  boolean alert() {
    return alert > 0;
  }

  /** Whether a kind of constraint of a table is worth being asked for. */
  boolean expects(TableName table, Suspicion suspicion) {
    return expected.getOrDefault(new Constraint(table, suspicion), false);
  }

  /** Whether a column has taken what looked wrong. */
  boolean trusts(TableName table, TargetColumn column) {
    return !trusted.isEmpty() && trusted.contains(new Place(table, column.name()));
  }

  /** What is worth being looked for, as of now. */
  Expectations expectations() {
    if (alert == 0) {
      return Expectations.NONE;
    }
    Map<TableName, Set<Suspicion>> constraints = new HashMap<>();
    expected.forEach(
        (constraint, worthIt) -> {
          if (worthIt) {
            constraints
                .computeIfAbsent(constraint.table(), table -> EnumSet.noneOf(Suspicion.class))
                .add(constraint.suspicion());
          }
        });
    if (snapshot == null) {
      snapshot = learned.copy();
    }
    return new Expectations(true, constraints, trusted, snapshot);
  }

  /** To look for values that are remembered, as of now. */
  Learned.Search search() {
    return learned.search();
  }

  /** Learns from a log that was carried out but for some. */
  void learn(List<RowOp> log, Map<Integer, RowsRefusedException> refused, Suspects suspects) {
    if (refused.isEmpty()) {
      calm();
      return;
    }
    alert = ALERT_STRETCHES;
    refused.forEach(
        (index, refusal) -> {
          if (!atOnce.contains(log.get(index))) {
            remember(log.get(index), refusal);
          }
        });
    atOnce.clear();
    Map<Constraint, Integer> right = new HashMap<>();
    BitSet missed = new BitSet();
    refused.keySet().forEach(missed::set);
    for (int i = 0; i < log.size(); i++) {
      RowOp op = log.get(i);
      Suspicion why = suspects.contains(i) ? suspects.why(i) : null;
      if (why != null) {
        int points = missed.get(i) ? 1 : -1;
        right.merge(new Constraint(op.table().name(), why.asked()), points, Integer::sum);
      }
      if (!missed.get(i)) {
        accept(op, why);
      }
    }
    news.clear();
    right.forEach(
        (constraint, points) -> {
          if (points < 0) {
            expected.put(constraint, false);
          }
        });
  }

  /**
   * Learns from one refusal at once, for the rest of its log.
   *
   * @param accepted on the way to it
   * @return whether there is anything in it that others may have as well
   */
  boolean learn(RowOp op, RowsRefusedException refusal, List<RowOp> accepted) {
    String state = String.valueOf(refusal.sqlState());
    if (!refusal.rows().isEmpty() || state.startsWith("22") || state.startsWith("23")) {
      return false;
    }
    remember(op, refusal);
    atOnce.add(op);
    accepted.forEach(other -> accept(other, null));
    return true;
  }

  private void calm() {
    if (alert > 0 && --alert == 0) {
      learned.clear();
      snapshot = null;
      refuted.clear();
      trusted.clear();
      unrepeated.clear();
      expected.clear();
    }
  }

  private void remember(RowOp op, RowsRefusedException refusal) {
    if (!refusal.rows().isEmpty()) {
      expect(op, Suspicion.PRESENCE);
      return;
    }
    String state = String.valueOf(refusal.sqlState());
    switch (state) {
      case "23502" -> {} // told by the command
      case "23503" -> expect(op, Suspicion.PARENT);
      case "23505" -> expect(op, Suspicion.OTHERS);
      case "23514" -> expect(op, Suspicion.CHECK);
      default -> {
        if (!state.startsWith("22")) {
          op.set().forEach((column, text) -> remember(op.table().name(), column, text));
        }
      }
    }
  }

  private void expect(RowOp op, Suspicion suspicion) {
    expected.putIfAbsent(new Constraint(op.table().name(), suspicion), true);
  }

  private void remember(TableName table, String column, @Nullable String text) {
    if (text == null) {
      return;
    }
    LearnedValues clues = learned.of(table).computeIfAbsent(column, name -> new LearnedValues());
    Place place = new Place(table, column);
    for (Clue clue : Clue.of(text)) {
      boolean followed = clue.form() || !unrepeated.contains(place);
      if (followed && !refuted.contains(new Refuted(table, column, clue)) && clues.add(clue)) {
        news.computeIfAbsent(table, name -> new HashSet<>()).add(column);
        snapshot = null;
      }
    }
    if (clues.forgetUnrepeated()) {
      unrepeated.add(place);
      snapshot = null;
    }
  }

  private void accept(RowOp op, @Nullable Suspicion why) {
    TableName table = op.table().name();
    if (why == Suspicion.VALUE) {
      new ValueScreen()
          .misfit(op, column -> trusts(table, column))
          .ifPresent(column -> trusted.add(new Place(table, column.name())));
    }
    // what nobody suspected has nothing of what was remembered when it was looked at
    Set<String> fresh = news.getOrDefault(table, Set.of());
    if (why == null && fresh.isEmpty()) {
      return;
    }
    Map<String, LearnedValues> columns = learned.of(table);
    for (String column : why == null ? fresh : Set.copyOf(columns.keySet())) {
      LearnedValues clues = columns.get(column);
      if (clues != null) {
        refute(table, column, clues, op.set().get(column));
        if (clues.isEmpty()) {
          columns.remove(column);
        }
      }
    }
  }

  private void refute(TableName table, String column, LearnedValues clues, @Nullable String text) {
    if (text == null || !clues.has(text)) {
      return;
    }
    for (Clue clue : Clue.of(text)) {
      if (clues.remove(clue)) {
        snapshot = null;
        if (refuted.size() < MOST) {
          refuted.add(new Refuted(table, column, clue));
        }
      }
    }
  }

  /** All constraints of a table that are suspected in the same way. */
  private record Constraint(TableName table, Suspicion suspicion) {}

  /** A clue that proved false. */
  private record Refuted(TableName table, String column, LearnedValues.Clue clue) {}
}
