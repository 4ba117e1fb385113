package dev.cachetide.writebehind;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** In a small world: coalesced, regrouped and bisected equals one by one, rows and refusals. */
class CoalescingPropertyTest {

  private static final int WORLDS = 4_000;

  private final TargetTable plain = Tables.plain("plain");
  private final TargetTable parent = Tables.table("parent", Tables.INT8, 0, true);
  private final TargetTable child = Tables.table("child", Tables.INT8, 1, false);
  private final TargetTable timed = Tables.table("timed", Tables.TIMESTAMPTZ, 0, false);

  @Test
  void any_log_has_the_effect_it_has_one_by_one() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    for (int world = 0; world < WORLDS; world++) {
      Random random = new Random(seed + world);
      List<RowOp> log = log(random, 1 + random.nextInt(24));
      SimulatedRows oracle = new SimulatedRows();
      Set<Integer> refusedOneByOne = oneByOne(oracle, log);
      SimulatedRows coalesced = new SimulatedRows();
      LogApplier applier = new LogApplier(coalesced);
      applier.apply(log);
      long worldSeed = seed + world;
      Supplier<String> what = () -> "seed " + worldSeed + ": " + log;
      assertThat(coalesced.rows()).as(what).isEqualTo(oracle.rows());
      assertThat(indexes(applier)).as(what).isEqualTo(refusedOneByOne);
      assertThat(applier.effects())
          .as(what)
          .isLessThanOrEqualTo(log.size() - refusedOneByOne.size());
    }
  }

  private static Set<Integer> oneByOne(SimulatedRows rows, List<RowOp> log) throws SQLException {
    Set<Integer> refused = new TreeSet<>();
    for (int i = 0; i < log.size(); i++) {
      LogApplier single = new LogApplier(rows);
      single.apply(List.of(log.get(i)));
      if (!single.refusals().isEmpty()) {
        refused.add(i);
      }
    }
    return refused;
  }

  private static Set<Integer> indexes(LogApplier applier) {
    Set<Integer> indexes = new TreeSet<>();
    applier.refusals().forEach(refusal -> indexes.add(refusal.index()));
    return indexes;
  }

  private List<RowOp> log(Random random, int length) {
    List<RowOp> log = new ArrayList<>();
    boolean withBad = random.nextInt(4) == 0;
    for (int i = 0; i < length; i++) {
      TargetTable table = List.of(plain, plain, parent, child, timed).get(random.nextInt(5));
      String key = withBad && random.nextInt(12) == 0 ? "bad" : "" + random.nextInt(3);
      log.add(op(random, table, key));
    }
    return log;
  }

  private static RowOp op(Random random, TargetTable table, String key) {
    return switch (random.nextInt(8)) {
      case 0, 1 -> Ops.upsert(table, key, pairs(random));
      case 2 -> Ops.upsert(table, key, "a", "" + random.nextInt(3));
      case 3 -> Ops.update(table, key, pairs(random));
      case 4, 5 -> Ops.delta(table, key, "n", "" + (random.nextInt(9) - 4));
      case 6 -> Ops.delta(table, key, "n", "1", "m", "0." + random.nextInt(10));
      default -> Ops.delete(table, key);
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
