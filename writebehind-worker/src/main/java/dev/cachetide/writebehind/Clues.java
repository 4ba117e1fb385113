package dev.cachetide.writebehind;

import dev.cachetide.wire.TableName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
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

  private final Set<Clue> learned = new HashSet<>();
  private final Set<Clue> refuted = new HashSet<>();
  private final Set<Place> places = new HashSet<>();
  private final Set<Place> trusted = new HashSet<>();
  private final Map<Constraint, Boolean> expected = new HashMap<>();
  private int alert;

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

  /** Whether an effect has a value that is remembered. */
  boolean follow(RowOp op) {
    return !learned.isEmpty() && clues(op, true).stream().anyMatch(learned::contains);
  }

  /** Learns from a log that was carried out but for some. */
  void learn(List<RowOp> log, Map<Integer, RowsRefusedException> refused, Suspects suspects) {
    if (refused.isEmpty()) {
      calm();
      return;
    }
    alert = ALERT_STRETCHES;
    refused.forEach((index, refusal) -> remember(log.get(index), refusal.sqlState()));
    Map<Constraint, Integer> right = new HashMap<>();
    for (int i = 0; i < log.size(); i++) {
      RowOp op = log.get(i);
      Suspicion why = suspects.why(i);
      if (why != null) {
        int points = refused.containsKey(i) ? 1 : -1;
        right.merge(new Constraint(op.table().name(), why), points, Integer::sum);
      }
      if (!refused.containsKey(i)) {
        accept(op, why);
      }
    }
    right.forEach(
        (constraint, points) -> {
          if (points < 0) {
            expected.put(constraint, false);
          }
        });
  }

  private void calm() {
    if (alert > 0 && --alert == 0) {
      learned.clear();
      refuted.clear();
      places.clear();
      trusted.clear();
      expected.clear();
    }
  }

  private void remember(RowOp op, @Nullable String sqlState) {
    switch (sqlState == null ? "" : sqlState) {
      case "", "23502" -> {} // told by the statement, or by the command
      case "23503" -> expect(op, Suspicion.PARENT);
      case "23505" -> expect(op, Suspicion.OTHERS);
      case "23514" -> expect(op, Suspicion.CHECK);
      default -> {
        if (!String.valueOf(sqlState).startsWith("22")) {
          clues(op, false).forEach(this::remember);
        }
      }
    }
  }

  private void expect(RowOp op, Suspicion suspicion) {
    expected.putIfAbsent(new Constraint(op.table().name(), suspicion), true);
  }

  private void remember(Clue clue) {
    if (!refuted.contains(clue) && learned.size() < MOST) {
      learned.add(clue);
      places.add(clue.place());
    }
  }

  private void accept(RowOp op, @Nullable Suspicion why) {
    if (why == Suspicion.VALUE) {
      TableName table = op.table().name();
      ValueScreen.misfit(op, column -> trusts(table, column))
          .ifPresent(column -> trusted.add(new Place(table, column.name())));
    }
    if (learned.isEmpty()) {
      return;
    }
    for (Clue clue : clues(op, true)) {
      if (learned.remove(clue) && refuted.size() < MOST) {
        refuted.add(clue);
      }
    }
  }

  /**
   * What there is to say of the values of an effect.
   *
   * @param known only of columns that something was learned of
   */
  private List<Clue> clues(RowOp op, boolean known) {
    List<Clue> clues = new ArrayList<>();
    for (var value : op.set().entrySet()) {
      Place place = new Place(op.table().name(), value.getKey());
      String text = value.getValue();
      if (text != null && (!known || places.contains(place))) {
        clues.add(new Clue(place, false, text));
        clues.add(new Clue(place, true, form(text)));
      }
    }
    return clues;
  }

  private static String form(String text) {
    StringBuilder form = new StringBuilder(text.length());
    boolean number = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean digit = c >= '0' && c <= '9';
      if (!digit || !number) {
        form.append(digit ? '0' : c);
      }
      number = digit;
    }
    return form.toString();
  }

  /** A column. */
  private record Place(TableName table, String column) {}

  /** All constraints of a table that are suspected in the same way. */
  private record Constraint(TableName table, Suspicion suspicion) {}

  /**
   * A value.
   *
   * @param form whether only its form is meant
   */
  private record Clue(Place place, boolean form, String text) {}
}
