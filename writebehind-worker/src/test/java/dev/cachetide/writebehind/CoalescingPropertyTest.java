package dev.cachetide.writebehind;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** In a small world: coalesced, regrouped and bisected equals one by one, rows and refusals. */
class CoalescingPropertyTest {

  private static final int WORLDS = 4_000;

  private final TargetTable plain = Tables.plain("plain");
  private final TargetTable parent = Tables.table("parent", Tables.INT8, 0, true);
  private final TargetTable child = Tables.table("child", Tables.INT8, 1, false);
  private final TargetTable timed = Tables.table("timed", Tables.TIMESTAMPTZ, 0, false);
  private final TargetTable optimistic = Tables.optimistic("optimistic");
  private final TargetTable unique = Tables.unique("unique");

  @Test
  void any_log_has_the_effect_it_has_one_by_one() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    for (int world = 0; world < WORLDS; world++) {
      Random random = new Random(seed + world);
      List<RowOp> log = log(random, 1 + random.nextInt(24));
      SimulatedRows oracle = new SimulatedRows();
      Map<Integer, String> missedOneByOne = oneByOne(oracle, log);
      SimulatedRows coalesced = new SimulatedRows();
      LogApplier applier = new LogApplier(coalesced, random.nextBoolean(), guesses(random));
      if (random.nextBoolean()) {
        applier.apply(log);
      } else {
        applier.applyInPieces(log);
      }
      long worldSeed = seed + world;
      Supplier<String> what = () -> "seed " + worldSeed + ": " + shown(log);
      assertThat(coalesced.rows()).as(what).isEqualTo(oracle.rows());
      assertThat(missed(applier)).as(what).isEqualTo(missedOneByOne);
      assertThat(applier.effects())
          .as(what)
          .isLessThanOrEqualTo(log.size() - missedOneByOne.size());
    }
  }

  @Test
  void a_unique_value_changes_rows_whenever_it_does_one_by_one() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    int refused = 0;
    for (int world = 0; world < WORLDS; world++) {
      Random random = new Random(seed + world);
      SimulatedRows oracle = new SimulatedRows();
      new LogApplier(oracle, false, Ops.NO_HINTS).apply(uniqueLog(random, 4));
      SimulatedRows coalesced = new SimulatedRows();
      coalesced.undoTo(oracle.mark());
      List<RowOp> log = possible(oracle, uniqueLog(random, 24));
      Counting counting = new Counting(coalesced);
      boolean inPieces = random.nextBoolean();
      LogApplier applier = new LogApplier(counting, random.nextBoolean(), guesses(random));
      if (inPieces) {
        applier.applyInPieces(log);
      } else {
        applier.apply(log);
      }
      long worldSeed = seed + world;
      Supplier<String> what = () -> "seed " + worldSeed + ": " + shown(log);
      assertThat(coalesced.rows()).as(what).isEqualTo(oracle.rows());
      assertThat(missed(applier)).as(what).isEmpty();
      refused += !inPieces && counting.undone > 1 ? 1 : 0;
    }
    assertThat(refused).as("logs that had to be cut").isZero();
  }

  /**
   * Right, wrong or none, for reasons that are as likely wrong. That a value is taken is none of
   * them: nobody guesses that, Postgres says it.
   */
  private static LogApplier.Hints guesses(Random random) {
    int one = 2 + random.nextInt(24);
    boolean right = random.nextBoolean();
    List<Suspicion> suspicions = List.copyOf(EnumSet.complementOf(EnumSet.of(Suspicion.TAKEN)));
    return (log, all, suspects) -> {
      for (int i = 0; i < log.size(); i++) {
        boolean bad = log.get(i).key().get(0).equals("bad");
        if (bad ? right : random.nextInt(one) == 0) {
          suspects.add(i, suspicions.get(random.nextInt(suspicions.size())));
        }
      }
    };
  }

  private static String shown(List<RowOp> log) {
    return log.stream()
        .map(op -> op.kind() + " " + op.table().name() + op.key() + op.set() + op.add() + op.base())
        .collect(Collectors.joining("\n"));
  }

  /** Applies the log one by one; what of it was possible. */
  private static List<RowOp> possible(SimulatedRows oracle, List<RowOp> log) throws SQLException {
    Map<Integer, String> missed = oneByOne(oracle, log);
    List<RowOp> possible = new ArrayList<>();
    for (int i = 0; i < log.size(); i++) {
      if (!missed.containsKey(i)) {
        possible.add(log.get(i));
      }
    }
    return possible;
  }

  private static Map<Integer, String> oneByOne(SimulatedRows rows, List<RowOp> log)
      throws SQLException {
    Map<Integer, String> missed = new TreeMap<>();
    for (int i = 0; i < log.size(); i++) {
      LogApplier single = new LogApplier(rows, false, Ops.NO_HINTS);
      single.apply(List.of(log.get(i)));
      for (String why : missed(single).values()) {
        missed.put(i, why);
      }
    }
    return missed;
  }

  private static Map<Integer, String> missed(LogApplier applier) {
    Map<Integer, String> missed = new TreeMap<>();
    applier.refusals().forEach(refusal -> missed.put(refusal.index(), "refused"));
    applier.conflicts().forEach(lost -> missed.put(lost.index(), "found " + lost.found()));
    return missed;
  }

  private List<RowOp> uniqueLog(Random random, int length) {
    List<RowOp> log = new ArrayList<>();
    for (int i = 0; i < length; i++) {
      log.add(op(random, random.nextInt(4) == 0 ? plain : unique, "" + random.nextInt(4)));
    }
    return log;
  }

  private List<RowOp> log(Random random, int length) {
    List<RowOp> log = new ArrayList<>();
    boolean withBad = random.nextInt(4) == 0;
    List<TargetTable> tables = List.of(plain, plain, parent, child, timed, optimistic);
    for (int i = 0; i < length; i++) {
      TargetTable table = tables.get(random.nextInt(tables.size()));
      String key = withBad && random.nextInt(12) == 0 ? "bad" : "" + random.nextInt(3);
      log.add(table.equals(optimistic) ? guarded(random, table, key) : op(random, table, key));
    }
    return log;
  }

  private static RowOp op(Random random, TargetTable table, String key) {
    return switch (random.nextInt(9)) {
      case 0, 1 -> Ops.upsert(table, key, pairs(random));
      case 2 -> Ops.upsert(table, key, "a", "" + random.nextInt(3));
      case 3 -> Ops.update(table, key, pairs(random));
      case 4, 5 -> Ops.delta(table, key, "n", "" + (random.nextInt(9) - 4));
      case 6 -> Ops.delta(table, key, "n", "1", "m", "0." + random.nextInt(10));
      case 7 -> Ops.insert(table, key, pairs(random));
      default -> Ops.delete(table, key);
    };
  }

  /** Versions are few, so that many commands find theirs. */
  private static RowOp guarded(Random random, TargetTable table, String key) {
    String base = "" + random.nextInt(3);
    return switch (random.nextInt(6)) {
      case 0, 1 -> Ops.insert(table, key, "a", "x", "n", "" + random.nextInt(2));
      case 2 -> Ops.update(table, key, "n", "" + random.nextInt(3)).onlyAt(base);
      case 3 -> Ops.delete(table, key).onlyAt(base);
      default -> Ops.delta(table, key, "n", "1").onlyAt(base);
    };
  }

  private static @Nullable String[] pairs(Random random) {
    @Nullable String number = random.nextInt(4) == 0 ? null : "" + random.nextInt(100);
    return switch (random.nextInt(4)) {
      case 0 -> new @Nullable String[] {"n", number};
      case 1 -> new @Nullable String[] {"a", "" + random.nextInt(3)};
      case 2 -> new @Nullable String[] {"a", "x", "m", "1.5" + random.nextInt(10)};
      default -> new @Nullable String[] {"n", number, "a", "y", "b", null};
    };
  }
}
