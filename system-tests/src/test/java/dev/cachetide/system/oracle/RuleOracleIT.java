package dev.cachetide.system.oracle;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.system.Scale;
import dev.cachetide.system.oracle.OracleRule.Sabotage;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random schemas, rules and transactions through the real pipeline. An oracle that knows nothing of
 * WAL and events, but looks at every row before and after every statement, says which keys must go:
 * all of them do, and no others, except where a rule says that it may be widened.
 *
 * <p>{@code -Dseed=…} repeats a run, {@code -Dseed=… -Dcase=3/17} its case 17 of round 3 alone,
 * {@code -Dcase=3} the round.
 */
final class RuleOracleIT {

  private static final long SEED = Long.getLong("seed", 20_261_125L);
  private static final int ROUNDS = Scale.of(1, 40);
  private static final int CASES = Scale.of(40, 50);
  private static final int SABOTAGED_ROUND = 1_000;

  /** Round and number of the only case to run; empty for all. */
  private static final List<Integer> ONLY =
      Arrays.stream(System.getProperty("case", "").split("/", 2))
          .filter(each -> !each.isEmpty())
          .map(Integer::valueOf)
          .toList();

  @TempDir private static Path directory;
  private static OracleWorld world;

  @BeforeAll
  static void start() throws Exception {
    world = new OracleWorld(directory, SEED, numbers());
  }

  @AfterAll
  static void stop() throws Exception {
    world.close();
  }

  private static List<Integer> numbers() {
    return ONLY.size() < 2
        ? IntStream.range(0, CASES).boxed().toList()
        : List.of(ONLY.get(ONLY.size() - 1));
  }

  @Test
  void every_key_that_a_change_touches_goes_and_no_other() throws Exception {
    long began = System.nanoTime();
    List<Integer> rounds =
        ONLY.isEmpty() ? IntStream.range(0, ROUNDS).boxed().toList() : List.of(ONLY.get(0));
    int cases = 0;
    int widened = 0;
    long keys = 0;
    long gone = 0;
    long extra = 0;
    List<String> failures = new ArrayList<>();
    for (int round : rounds) {
      for (Map.Entry<Case, List<String>> each : play(round, Sabotage.NONE).entrySet()) {
        cases++;
        keys += each.getKey().keys.size();
        gone += each.getKey().hadToGo();
        extra += each.getKey().widened();
        widened += each.getKey().widened() > 0 ? 1 : 0;
        if (!each.getValue().isEmpty()) {
          failures.add(report(each.getKey(), each.getValue()));
        }
      }
      System.out.printf(
          "oracle: seed %d, round %d: %d cases so far, %d failed%n",
          SEED, round, cases, failures.size());
    }
    System.out.printf(
        "oracle: seed %d, %d cases, %d keys, %d had to go; widened: %d cases, %d keys; %d s%n",
        SEED,
        cases,
        keys,
        gone,
        widened,
        extra,
        Duration.ofNanos(System.nanoTime() - began).toSeconds());
    assertThat(failures.stream().limit(3).collect(Collectors.joining("\n")))
        .as("%d cases of %d, seed %d", failures.size(), cases, SEED)
        .isEmpty();
    assertThat(gone).isPositive();
  }

  @Test
  void the_oracle_notices_a_worker_that_forgets_old_rows_conditions_or_templates()
      throws Exception {
    int round = SABOTAGED_ROUND;
    for (Sabotage sabotage : Sabotage.values()) {
      round++;
      if (sabotage != Sabotage.NONE && ONLY.isEmpty()) {
        long noticed =
            play(round, sabotage).values().stream().filter(problems -> !problems.isEmpty()).count();
        System.out.printf("oracle: %s noticed in %d cases%n", sabotage, noticed);
        assertThat(noticed).as("%s, seed %d", sabotage, SEED).isGreaterThan(CASES / 10);
      }
    }
  }

  /** What went wrong, by case. */
  private static Map<Case, List<String>> play(int round, Sabotage sabotage)
      throws SQLException, IOException {
    List<Case> cases = new ArrayList<>();
    List<ObjectNode> rules = new ArrayList<>();
    Set<Table> tables = new HashSet<>();
    for (int number : numbers()) {
      Case each =
          new Case(
              "r" + round + "c" + number,
              world.schema(number),
              Dice.of(SEED, "case", round, number),
              sabotage);
      cases.add(each);
      each.rules.forEach(rule -> rules.add(rule.json(sabotage)));
      each.rules.forEach(rule -> tables.add(rule.table()));
    }
    Map<Case, List<String>> problems = new TreeMap<>(Comparator.comparing(each -> each.name));
    try (OracleWorld.Round running = world.round(rules, tables)) {
      for (Case each : cases) {
        each.begin(world.connection);
      }
      running.settleAfterLooking();
      for (Case each : cases) {
        each.rehearse(world.connection);
        world.keys.fill(each.keys);
        each.tags.forEach(tag -> world.keys.tag(tag, "member:" + tag));
      }
      for (Case each : cases) {
        each.perform(world.connection);
      }
      running.settle();
      for (Case each : cases) {
        problems.put(each, each.problems(world.keys.left(each.keys)));
        world.keys.remove(each.keys);
      }
    }
    return problems;
  }

  private static String report(Case failed, List<String> problems) {
    return failed
        + problems.stream().limit(20).collect(Collectors.joining("\n", "", "\n"))
        + "repeat with -Dseed="
        + SEED
        + " -Dcase="
        + failed.name.substring(1).replace('c', '/')
        + "\n";
  }
}
