package dev.cachetide.writebehind;

import static dev.cachetide.writebehind.Ops.delete;
import static dev.cachetide.writebehind.Ops.delta;
import static dev.cachetide.writebehind.Ops.update;
import static dev.cachetide.writebehind.Ops.upsert;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SupersededTest {

  private static final int WORLDS = 5_000;

  private final TargetTable table = Tables.plain("t");
  private final TargetTable other = Tables.plain("u");

  @Test
  void columns_that_are_all_set_again_are_superseded() {
    assertThat(superseded(upsert(table, "1", "a", "x"), update(table, "1", "a", "y")))
        .containsExactly(0);
    assertThat(superseded(upsert(table, "1", "a", "x", "b", "x"), update(table, "1", "a", "y")))
        .isEmpty();
    assertThat(
            superseded(
                upsert(table, "1", "a", "x", "b", "x"),
                update(table, "1", "a", "y"),
                update(table, "1", "b", "y")))
        .containsExactly(0);
    assertThat(superseded(upsert(table, "1", "a", "x"), upsert(table, "2", "a", "y"))).isEmpty();
    assertThat(superseded(upsert(table, "1", "a", "x"), upsert(other, "1", "a", "y"))).isEmpty();
  }

  @Test
  void a_delta_that_is_summed_is_applied_and_one_that_is_overwritten_is_not() {
    assertThat(superseded(delta(table, "1", "n", "1"), delta(table, "1", "n", "2"))).isEmpty();
    assertThat(superseded(delta(table, "1", "n", "1"), update(table, "1", "n", "5")))
        .containsExactly(0);
    assertThat(superseded(update(table, "1", "n", "5"), delta(table, "1", "n", "1"))).isEmpty();
  }

  @Test
  void whatever_came_before_a_delete_is_superseded_and_the_delete_is_told() {
    Superseded found =
        Superseded.among(
            List.of(
                upsert(table, "1"),
                delta(table, "1", "n", "1"),
                delete(table, "1"),
                upsert(table, "1", "a", "x"),
                delete(table, "2")));
    assertThat(found.effects().stream()).containsExactly(0, 1);
    assertThat(found.deletes().stream()).containsExactly(2);
  }

  @Test
  void any_log_tells_what_a_replay_column_by_column_tells() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    for (int world = 0; world < WORLDS; world++) {
      Random random = new Random(seed + world);
      List<RowOp> log = new ArrayList<>();
      int length = 1 + random.nextInt(16);
      for (int i = 0; i < length; i++) {
        log.add(op(random, random.nextBoolean() ? table : other, "" + random.nextInt(2)));
      }
      assertThat(Superseded.among(log).effects())
          .as("seed %d: %s", seed + world, log)
          .isEqualTo(naive(log));
    }
  }

  /** Replays forwards and keeps of each column who has a part in what it holds. */
  private static BitSet naive(List<RowOp> log) {
    Map<String, Map<String, Set<Integer>>> rows = new HashMap<>();
    BitSet gone = new BitSet();
    for (int i = 0; i < log.size(); i++) {
      RowOp op = log.get(i);
      String name = op.table().name() + "/" + op.key();
      if (op.kind() == RowOp.Kind.DELETE) {
        Map<String, Set<Integer>> row = rows.remove(name);
        if (row != null) {
          row.values().forEach(writers -> writers.forEach(gone::set));
          row.getOrDefault("*all", Set.of()).forEach(gone::set);
        }
        continue;
      }
      Map<String, Set<Integer>> row = rows.computeIfAbsent(name, key -> new HashMap<>());
      row.computeIfAbsent("*all", key -> new HashSet<>()).add(i);
      int writer = i;
      op.set().keySet().forEach(column -> row.put(column, new HashSet<>(Set.of(writer))));
      op.add()
          .keySet()
          .forEach(column -> row.computeIfAbsent(column, key -> new HashSet<>()).add(writer));
    }
    for (Map<String, Set<Integer>> row : rows.values()) {
      Set<Integer> all = row.remove("*all");
      for (int writer : all == null ? Set.<Integer>of() : all) {
        RowOp op = log.get(writer);
        boolean names = !op.set().isEmpty() || !op.add().isEmpty();
        gone.set(writer, names && row.values().stream().noneMatch(parts -> parts.contains(writer)));
      }
    }
    return gone;
  }

  private static RowOp op(Random random, TargetTable table, String key) {
    return switch (random.nextInt(7)) {
      case 0 -> upsert(table, key, "a", "x", "n", "1");
      case 1 -> upsert(table, key);
      case 2 -> update(table, key, "a", "y");
      case 3 -> update(table, key, "n", "1", "b", null);
      case 4 -> delta(table, key, "n", "1");
      case 5 -> delta(table, key, "n", "1", "m", "2");
      default -> delete(table, key);
    };
  }

  private static List<Integer> superseded(RowOp... log) {
    return Superseded.among(List.of(log)).effects().stream().boxed().toList();
  }
}
