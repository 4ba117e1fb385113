package dev.cachetide.invalidation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.MissingNode;
import dev.cachetide.invalidation.StormWorldOfRows.Mistake;
import dev.cachetide.invalidation.lookup.Lookups.Found;
import dev.cachetide.invalidation.rules.ResolvedRules;
import dev.cachetide.invalidation.rules.RuleSet;
import dev.cachetide.invalidation.rules.StormGovernor;
import dev.cachetide.runtime.Outcome;
import dev.cachetide.runtime.settings.LimitSettings;
import dev.cachetide.runtime.settings.RuleSettings;
import dev.cachetide.runtime.settings.RuleSettings.EvictSettings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Storms in small worlds: transactions, readers with leases, sweeps that take their time, repeated
 * and early events, failures, and Redis servers that are replaced, in random order. At rest nothing
 * stale may be left.
 */
final class StormsRandomTest {

  private static final int WORLDS = 600;
  private static final int WORLDS_OF_A_CONTROL = 20_000;
  private static final int STEPS = 150;

  private final long seed = System.nanoTime();
  private double skipped;
  private double storms;

  @Test
  void nothing_stale_is_left_whatever_happens_in_between() {
    System.out.println("seed " + seed);
    for (int world = 0; world < WORLDS; world++) {
      assertThat(stale(seed + world, Mistake.NONE))
          .as("stale keys of world %d of seed %d", world, seed)
          .isEmpty();
    }
    System.out.printf("%.0f storms, %.0f events skipped%n", storms, skipped);
    assertThat(storms).as("storms").isGreaterThan(WORLDS);
    assertThat(skipped).as("skipped").isGreaterThan(WORLDS);
  }

  @ParameterizedTest
  @EnumSource(value = Mistake.class, names = "NONE", mode = EnumSource.Mode.EXCLUDE)
  void each_of_the_rules_is_needed(Mistake mistake) {
    System.out.println("seed " + seed);
    int worlds = 0;
    while (worlds < WORLDS_OF_A_CONTROL && stale(seed + worlds, mistake).isEmpty()) {
      worlds++;
    }
    System.out.printf("%s: stale keys in world %d%n", mistake, worlds);
    assertThat(worlds).as("worlds without a stale key").isLessThan(WORLDS_OF_A_CONTROL);
  }

  private List<String> stale(long worldSeed, Mistake mistake) {
    Random random = new Random(worldSeed);
    Worker worker = new Worker(random, mistake);
    for (int step = 0; step < STEPS; step++) {
      worker.step();
    }
    worker.comeToRest();
    skipped += worker.count("events.skipped");
    storms += worker.count("storms");
    return worker.world.stale();
  }

  /** The worker's own classes around a modelled Redis. */
  private static final class Worker {

    private final Random random;
    private final StormWorldOfRows world;
    private final InMemoryCertificates certificates = new InMemoryCertificates();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final Queue<Runnable> sweeps = new ArrayDeque<>();
    private final InvalidationHandler handler;
    private final RecordingRedis channel = new RecordingRedis();
    private ConsumerRecords<byte[], byte[]> batch = ConsumerRecords.empty();
    private Map<String, Long> older = Map.of();
    private int starts = 1;
    private final boolean replaced;

    Worker(Random random, Mistake mistake) {
      this.random = random;
      replaced = random.nextBoolean();
      world = new StormWorldOfRows(random, mistake);
      RuleSet rules = rules();
      InvalidationMeters meters = new InvalidationMeters(registry, InstantSource.system());
      Evictor evictor =
          new Evictor(
              world.redis.connection(true, () -> {}),
              certificates,
              () -> RuleSet.everything(rules.rules()),
              meters,
              () -> 0);
      Sweeper sweeper =
          new Sweeper(
              world.redis.connection(mistake != Mistake.NO_SWEEP, this::meanwhile),
              sweeps::add,
              () -> {});
      handler =
          new InvalidationHandler(
              new RuleApproval(() -> new ResolvedRules(rules, Map.of(), List.of())),
              Unchanging.rules(rules),
              new WrittenTables("shop.writes", Map.of()),
              EventGate.open(),
              plan -> Found.NOTHING,
              evictor,
              Unchanging.refreshing(meters),
              new Announcer(
                  channel,
                  evictor,
                  new ManualGeneration().watch(() -> 0),
                  meters,
                  () -> 0,
                  InstantSource.system()),
              meters,
              new Storms(new StormGovernor(), sweeper, evictor, meters, () -> 0),
              TransactionOf.HEADERS,
              () -> true);
    }

    private static RuleSet rules() {
      RuleSettings rule =
          new RuleSettings(
              "rules[0]",
              "t",
              "public",
              "t",
              MissingNode.getInstance(),
              List.of(new EvictSettings("rules[0].evict[0].key", "k:{id}")),
              List.of(),
              false,
              false,
              new LimitSettings(100, 3, null),
              List.of());
      return ((RuleSet.Result.Compiled) RuleSet.compile("file", List.of(rule))).rules();
    }

    void step() {
      switch (random.nextInt(14)) {
        case 0 -> world.commit();
        case 1 -> world.showHidden();
        case 2, 3, 4, 5, 6 -> world.read();
        case 7, 8, 9 -> turn();
        case 10 -> sweep();
        case 11 -> {
          if (batch.isEmpty()) {
            world.rewind();
          }
        }
        case 12 -> world.redis.away = random.nextInt(3) == 0;
        default -> {
          if (replaced) {
            replaceRedis();
          }
        }
      }
    }

    /** While a sweep is on its way. */
    private void meanwhile() {
      if (random.nextInt(3) == 0) {
        switch (random.nextInt(8)) {
          case 0 -> world.commit();
          case 1, 2 -> turn();
          case 3 -> {
            if (replaced) {
              replaceRedis();
            }
          }
          default -> world.read();
        }
      }
    }

    /** The loop: the same batch again until it is applied. */
    private void turn() {
      batch = batch.isEmpty() ? world.poll() : batch;
      channel.failure =
          random.nextInt(10) == 0
              ? new java.util.concurrent.ExecutionException(new java.io.IOException("no answer"))
              : null;
      if (!batch.isEmpty() && handler.handle(batch) instanceof Outcome.Applied) {
        batch = ConsumerRecords.empty();
      }
    }

    private void sweep() {
      Runnable sweep = sweeps.poll();
      if (sweep != null) {
        sweep.run();
      }
    }

    /** By one with an older state, which another worker may have met first, and emptied. */
    private void replaceRedis() {
      if (random.nextInt(4) > 0) {
        older = new HashMap<>(world.redis.entries);
        return;
      }
      world.redis.entries = new HashMap<>(older);
      world.redis.runId = "run-" + ++starts;
      world.redis.connects++;
      if (random.nextBoolean()) {
        world.redis.entries.clear();
        certificates.runId = world.redis.runId;
      }
    }

    void comeToRest() {
      world.redis.away = false;
      for (int i = 0; i < 2_000 && !(world.allRead() && batch.isEmpty()); i++) {
        world.showHidden();
        turn();
        sweep();
        world.read();
      }
      assertThat(world.allRead() && batch.isEmpty()).as("all is read").isTrue();
      channel.failure = null;
      world.finishReaders();
      // Another start that was met last is noticed without an event too.
      batch = ConsumerRecords.empty();
      handler.handle(ConsumerRecords.empty());
    }

    double count(String meter) {
      return registry.counter("cachetide.invalidation." + meter).count();
    }
  }
}
