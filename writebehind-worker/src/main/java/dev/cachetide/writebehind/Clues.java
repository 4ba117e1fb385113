package dev.cachetide.writebehind;

import dev.cachetide.wire.TableName;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Guesses which effects Postgres will refuse, so that a log is cut there and not searched.
 *
 * <p>A value looks wrong when its column's type or the catalogue leaves it no room, or when a
 * refused command had it in the same column: what is wrong once tends to come again. A guess parks
 * nothing. It has its effect tried alone, at its place in the log, and Postgres decides; so a clue
 * that proves false costs a statement, and is not followed again as long as refusals keep coming.
 * After some stretches without any, all is forgotten.
 */
final class Clues implements LogApplier.Hints {

  private static final int ALERT_STRETCHES = 20;
  private static final int MOST = 1_000;

  private final Set<Clue> learned = new HashSet<>();
  private final Set<Clue> refuted = new HashSet<>();
  private int alert;

  /** Whether a stretch is worth looking at before it is tried. */
  boolean alert() {
    return alert > 0;
  }

  @Override
  public BitSet suspects(List<RowOp> log) {
    BitSet suspects = new BitSet(log.size());
    for (int i = 0; i < log.size(); i++) {
      if (any(log.get(i), this::followed)) {
        suspects.set(i);
      }
    }
    return suspects;
  }

  /** Learns from a log that was carried out but for some. */
  void learn(List<RowOp> log, BitSet refused) {
    if (refused.isEmpty()) {
      calm();
      return;
    }
    alert = ALERT_STRETCHES;
    refused.stream().forEach(i -> all(log.get(i)).forEach(this::remember));
    for (int i = 0; i < log.size(); i++) {
      if (!refused.get(i) && any(log.get(i), this::followed)) {
        all(log.get(i)).forEach(this::refute);
      }
    }
  }

  private void calm() {
    if (alert > 0 && --alert == 0) {
      learned.clear();
      refuted.clear();
    }
  }

  private void remember(Clue clue) {
    if (!clue.byType() && !refuted.contains(clue) && learned.size() < MOST) {
      learned.add(clue);
    }
  }

  private void refute(Clue clue) {
    if (followed(clue) && refuted.size() < MOST) {
      learned.remove(clue);
      refuted.add(clue);
    }
  }

  private boolean followed(Clue clue) {
    return (clue.byType() || learned.contains(clue)) && !refuted.contains(clue);
  }

  private static boolean any(RowOp op, Predicate<Clue> followed) {
    return all(op).stream().anyMatch(followed);
  }

  /** What there is to say of each column of an effect. */
  private static List<Clue> all(RowOp op) {
    TargetTable table = op.table();
    List<Clue> clues = new ArrayList<>(op.set().size());
    op.set()
        .forEach(
            (column, text) ->
                clues.add(
                    looksWrong(table.known(column), text)
                        ? new Clue(table.name(), column, true, null)
                        : new Clue(table.name(), column, false, text)));
    if (op.kind().inserts()) {
      for (TargetColumn column : table.required()) {
        if (!op.set().containsKey(column.name())) {
          clues.add(new Clue(table.name(), column.name(), true, null));
        }
      }
    }
    return clues;
  }

  private static boolean looksWrong(TargetColumn column, @Nullable String text) {
    if (text == null) {
      return column.limits().notNull();
    }
    return switch (column.type().kind()) {
      case INTEGER -> !fits(column.type().name(), text);
      case DECIMAL -> !digitsFit(column.limits().modifier(), text);
      case TEXT -> column.limits().maxLength() < text.codePointCount(0, text.length());
      default -> false;
    };
  }

  private static boolean fits(String type, String text) {
    Optional<BigDecimal> number = PgText.decimal(text);
    int bits = type.equals("int2") ? 15 : type.equals("int4") ? 31 : 63;
    return number.isPresent() && number.get().toBigInteger().bitLength() <= bits;
  }

  private static boolean digitsFit(int modifier, String text) {
    Optional<BigDecimal> number = PgText.decimal(text);
    if (number.isEmpty() || modifier < 0) {
      return true;
    }
    int scale = (modifier - 4) & 0x7ff;
    int digits = ((modifier - 4) >>> 16) - scale;
    return number.get().signum() == 0 || number.get().precision() - number.get().scale() <= digits;
  }

  /**
   * Something about a column of a command.
   *
   * @param byType the column leaves the value, or its absence, no room
   * @param text the value otherwise
   */
  private record Clue(TableName table, String column, boolean byType, @Nullable String text) {}
}
