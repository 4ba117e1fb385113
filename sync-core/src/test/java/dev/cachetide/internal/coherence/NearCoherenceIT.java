package dev.cachetide.internal.coherence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.cachetide.sandbox.SandboxRedis;
import dev.cachetide.sandbox.TcpProxy;
import dev.cachetide.wire.ChannelMessage.Beat;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * An L1 in front of a real Redis, with everything going wrong that can between worker and reader.
 * Whatever it is, L1 serves nothing that was evicted from Redis longer ago than a beat, the time
 * that a message takes, and one second.
 */
final class NearCoherenceIT {

  private static final long BOUND_MILLIS = Beat.INTERVAL_MILLIS + 1_000;

  /** What a message may take on a machine that builds something else beside. */
  private static final long LATENCY_MILLIS = 250;

  private static final int LONGEST_DELAY_MILLIS = 400;

  private final Rows rows = new Rows();
  private final SandboxRedis redis = SandboxRedis.builder().start();
  private final TcpProxy network = TcpProxy.to(redis.port());
  private final long seed = System.nanoTime();
  private final BeatingWorker worker = new BeatingWorker(redis.uri(), rows, new Random(seed));
  private final NearReader reader =
      new NearReader("redis://127.0.0.1:" + network.port(), rows, seed);

  private long longestDelayMillis;

  @BeforeEach
  void l1_is_used() {
    System.out.println("seed " + seed);
    untilUsed();
    reader.bypasses.set(0);
    reader.flushes.clear();
  }

  @AfterEach
  void stop() {
    reader.close();
    worker.close();
    network.close();
    redis.close();
  }

  @Test
  void messages_that_are_lost_are_noticed_by_their_numbers() {
    worker.dropped = 0.3;
    forMillis(1_000);
    worker.dropped = 1;
    forMillis(2_000);
    worker.dropped = 0;
    settlesFresh();
    assertThat(reader.flushes(FlushCause.GAP)).isPositive();
  }

  @Test
  void messages_that_come_twice_and_late_change_nothing() {
    worker.repeated = 0.5;
    forMillis(1_000);
    delay(LONGEST_DELAY_MILLIS);
    forMillis(1_500);
    worker.delayMillis = 0;
    settlesFresh();
  }

  @Test
  void when_nothing_comes_at_all_l1_is_bypassed() {
    worker.mute = true;
    forMillis(2_000);
    assertThat(reader.coherence.usable()).isFalse();
    assertThat(reader.bypasses).hasPositiveValue();
    worker.mute = false;
    settlesFresh();
    assertThat(reader.flushes(FlushCause.RESUMED)).isPositive();
  }

  @Test
  void a_subscriber_whose_socket_is_cut_flushes_before_it_serves_again() {
    worker.killSubscribers();
    await().atMost(Duration.ofSeconds(5)).until(() -> reader.bypasses.get() > 0);
    settlesFresh();
    assertThat(reader.flushes(FlushCause.RESUMED)).isPositive();
  }

  @Test
  void a_network_that_goes_silent_and_then_delivers_everything_at_once() {
    network.hold();
    forMillis(2_000);
    assertThat(reader.coherence.usable()).isFalse();
    network.restore();
    settlesFresh();
    assertThat(reader.bypasses).hasPositiveValue();
  }

  @Test
  void a_network_that_is_cut() {
    network.cut();
    forMillis(500);
    assertThat(reader.coherence.usable()).isFalse();
    network.restore();
    settlesFresh();
    assertThat(reader.flushes(FlushCause.RESUMED)).isPositive();
  }

  @Test
  void a_redis_that_is_killed_and_comes_back() {
    redis.killHard();
    await().atMost(Duration.ofSeconds(5)).until(() -> !reader.coherence.usable());
    redis.start();
    settlesFresh();
    assertThat(reader.flushes(FlushCause.GENERATION)).isPositive();
  }

  @Test
  void random_faults_one_after_the_other() {
    Random random = new Random(seed);
    List<Runnable> faults =
        List.of(
            () -> worker.dropped = random.nextDouble(),
            () -> worker.repeated = random.nextDouble(),
            () -> delay(random.nextInt(LONGEST_DELAY_MILLIS)),
            () -> worker.mute = true,
            worker::killSubscribers,
            network::hold,
            network::cut);
    int rounds = Boolean.getBoolean("full") ? 60 : 3;
    for (int round = 0; round < rounds; round++) {
      faults.get(random.nextInt(faults.size())).run();
      forMillis(100 + random.nextInt(700));
      if (random.nextBoolean()) {
        heal();
      }
    }
    heal();
    settlesFresh();
  }

  private void delay(long millis) {
    worker.delayMillis = millis;
    longestDelayMillis = Math.max(longestDelayMillis, millis);
  }

  private void heal() {
    worker.dropped = 0;
    worker.repeated = 0;
    worker.delayMillis = 0;
    worker.mute = false;
    network.restore();
  }

  /** After the fault: L1 is used again, never was too old, and ends up equal to the database. */
  private void settlesFresh() {
    untilUsed();
    worker.writing = false;
    await()
        .atMost(Duration.ofSeconds(5))
        .untilAsserted(
            () -> {
              for (int row = 0; row < Rows.COUNT; row++) {
                var held = reader.near.get(Rows.key(row));
                assertThat(held).isNotNull();
                assertThat(held.value()).isEqualTo(rows.version(row));
              }
            });
    System.out.printf(
        "worst staleness %d ms, bypassed %d, flushes %s%n",
        reader.worstStaleMillis.get(), reader.bypasses.get(), reader.flushes);
    assertThat(reader.worstStaleMillis.get())
        .isLessThanOrEqualTo(BOUND_MILLIS + LATENCY_MILLIS + longestDelayMillis);
  }

  private void untilUsed() {
    int before = reader.hits.get();
    await().atMost(Duration.ofSeconds(20)).until(() -> reader.hits.get() > before + 50);
  }

  private static void forMillis(long millis) {
    Duration time = Duration.ofMillis(millis);
    await().pollDelay(time).atMost(time.plusSeconds(5)).until(() -> true);
  }
}
