package dev.cachetide.internal.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.cachetide.RedisConfig;
import dev.cachetide.sandbox.SandboxRedis;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The link while its Redis comes, goes, freezes and forgets. */
final class RedisLinkIT {

  private static final Duration TIMEOUT = Duration.ofMillis(400);
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final Duration TTL = Duration.ofMinutes(10);
  private static final int ROUNDS = Boolean.getBoolean("full") ? 200 : 12;
  private static final int IN_FLIGHT = 16;

  private final AtomicInteger lost = new AtomicInteger();
  private SandboxRedis server;
  private RedisLink link;

  @BeforeEach
  void start() {
    server = SandboxRedis.builder().start();
    link = open();
  }

  private RedisLink open() {
    return RedisLink.open(RedisConfig.of(server.uri()).withTimeout(TIMEOUT), lost::incrementAndGet);
  }

  @AfterEach
  void stop() {
    link.close();
    server.close();
  }

  @Test
  void a_replica_is_asked_for_nothing_until_it_is_promoted() {
    RedisClient direct = RedisClient.create();
    try (SandboxRedis replica =
            SandboxRedis.builder()
                .option("replicaof", "127.0.0.1", Integer.toString(server.port()))
                .start();
        RedisLink onReplica =
            RedisLink.open(RedisConfig.of(replica.uri()).withTimeout(TIMEOUT), () -> {})) {
      within().until(onReplica::connected);
      assertThatThrownBy(() -> onReplica.runIds().toCompletableFuture().get(5, TimeUnit.SECONDS))
          .rootCause()
          .isInstanceOf(IllegalStateException.class);
      direct.connect(RedisURI.create(replica.uri())).sync().replicaofNoOne();
      within()
          .ignoreExceptions()
          .until(
              () -> !onReplica.runIds().toCompletableFuture().get(5, TimeUnit.SECONDS).isEmpty());
    } finally {
      direct.shutdown(Duration.ZERO, PATIENCE);
    }
  }

  @Test
  void it_connects_when_redis_comes_up_later_than_the_client() {
    server.stop();
    try (RedisLink early = open()) {
      assertThat(early.connected()).isFalse();
      assertThatThrownBy(() -> answer(early.get("key"))).hasRootCauseMessage("Redis is away");
      server.start();
      within().until(early::connected);
      assertThat(answer(early.get("key"))).isNull();
    }
  }

  @Test
  void commands_fail_at_once_while_redis_is_away_and_work_again_when_it_is_back() {
    RedisConfig patient = RedisConfig.of(server.uri()).withTimeout(PATIENCE);
    try (RedisLink waiting = RedisLink.open(patient, () -> {})) {
      within().until(waiting::connected);
      server.killHard();
      within().until(() -> !waiting.connected());
      long began = System.nanoTime();
      for (int times = 0; times < 20; times++) {
        assertThatThrownBy(() -> answer(waiting.get("key"))).isNotNull();
      }
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(PATIENCE);
      server.start();
      within().until(waiting::connected);
      assertThat(answer(waiting.get("key"))).isNull();
    }
  }

  @Test
  void commands_in_flight_fail_when_the_connection_breaks_and_are_not_sent_again() {
    within().until(link::connected);
    Script add = Script.of("return redis.call('INCR', KEYS[1])");
    server.suspend();
    List<CompletableFuture<?>> sent = new ArrayList<>();
    for (int times = 0; times < IN_FLIGHT; times++) {
      sent.add(link.run(add, "counter").toCompletableFuture());
    }
    server.killHard();
    server.start();
    sent.forEach(each -> assertThatThrownBy(() -> answer(each)).isNotNull());
    within().until(link::connected);
    assertThat(answer(link.run(add, "counter"))).isEqualTo(1);
  }

  @Test
  void a_frozen_redis_times_out_and_works_again_when_it_thaws() {
    within().until(link::connected);
    server.suspend();
    long began = System.nanoTime();
    assertThatThrownBy(() -> answer(link.get("key"))).hasMessageContaining("timed out");
    Duration taken = Duration.ofNanos(System.nanoTime() - began);
    assertThat(taken).isBetween(TIMEOUT.minusMillis(50), TIMEOUT.plus(PATIENCE));
    server.resume();
    within().ignoreExceptions().until(() -> answer(link.get("key")) == null);
  }

  @Test
  void scripts_that_the_server_forgot_are_taught_again() {
    within().until(link::connected);
    Script echo = Script.of("-- é\nreturn ARGV[1]");
    assertThat(answer(link.runForBytes(echo, "key", bytes("1")))).isEqualTo(bytes("1"));
    answer(link.run(Script.of("return 1"), "key"));
    forgetScripts();
    assertThat(answer(link.runForBytes(echo, "key", bytes("2")))).isEqualTo(bytes("2"));
    server.restart();
    within()
        .ignoreExceptions()
        .untilAsserted(
            () ->
                assertThat(answer(link.runForBytes(echo, "key", bytes("3"))))
                    .isEqualTo(bytes("3")));
  }

  private void forgetScripts() {
    try (var client = RedisClient.create(server.uri());
        var connection = client.connect()) {
      connection.sync().scriptFlush();
    }
  }

  /** A restarted server is empty, which tells its answers from those of the one before. */
  @Test
  void a_lost_connection_is_told_before_any_answer_of_the_next_server() {
    int early = 0;
    for (int round = 0; round < ROUNDS; round++) {
      within().ignoreExceptions().until(() -> answer(link.set("here", bytes("1"), TTL)) != null);
      early += answersBeforeTold();
    }
    assertThat(early).as("answers of a server that nobody had been told of").isZero();
  }

  private int answersBeforeTold() {
    int before = lost.get();
    AtomicInteger early = new AtomicInteger();
    AtomicBoolean over = new AtomicBoolean();
    Semaphore places = new Semaphore(IN_FLIGHT);
    CompletableFuture<Void> asking =
        CompletableFuture.runAsync(
            () -> {
              while (!over.get()) {
                places.acquireUninterruptibly();
                link.get("here")
                    .whenComplete(
                        (value, failure) -> {
                          places.release();
                          if (failure == null && value == null) {
                            over.set(true);
                            early.addAndGet(lost.get() == before ? 1 : 0);
                          }
                        });
              }
            });
    server.killHard();
    server.start();
    asking.orTimeout(20, TimeUnit.SECONDS).join();
    return early.get();
  }

  @Test
  void exactly_the_keys_that_a_pattern_matches_are_removed() {
    within().until(link::connected);
    List<CompletableFuture<?>> stored = new ArrayList<>();
    for (int id = 0; id < 10_000; id++) {
      stored.add(store("user:" + id));
      if (id % 10 == 0) {
        stored.add(store("users:" + id));
        stored.add(store("a:user:" + id));
      }
      if (stored.size() >= 1_000) {
        stored.forEach(RedisLinkIT::answer);
        stored.clear();
      }
    }
    stored.forEach(RedisLinkIT::answer);
    assertThat(answer(link.unlinkMatching("user:*"))).isEqualTo(10_000);
    assertThat(answer(link.unlinkMatching("user:*"))).isZero();
    assertThat(answer(link.unlinkMatching("*"))).isEqualTo(2_000);
  }

  private CompletableFuture<String> store(String key) {
    return link.set(key, bytes("1"), TTL).toCompletableFuture();
  }

  @Test
  void a_subscription_survives_a_restart() {
    Queue<String> heard = new ConcurrentLinkedQueue<>();
    CompletionStage<Void> subscribed =
        link.subscribe(
            "news", (channel, message) -> heard.add(channel + new String(message, UTF_8)));
    answer(subscribed);
    within().until(link::connected);
    assertThat(answer(link.publish("news", bytes("1")))).isEqualTo(1);
    within().until(() -> heard.contains("news1"));
    server.killHard();
    server.start();
    within().ignoreExceptions().until(() -> answer(link.publish("news", bytes("2"))) == 1);
    within().until(() -> heard.contains("news2"));
    assertThat(heard).containsExactly("news1", "news2");
  }

  @Test
  void one_may_subscribe_before_redis_is_there_and_hears_everything_once() {
    server.stop();
    try (RedisLink early = open()) {
      Queue<String> heard = new ConcurrentLinkedQueue<>();
      CompletionStage<Void> subscribed =
          early.subscribe("news", (channel, message) -> heard.add(new String(message, UTF_8)));
      server.start();
      answer(subscribed);
      within().until(early::connected);
      assertThat(answer(early.publish("news", bytes("1")))).isEqualTo(1);
      answer(early.publish("news", bytes("2")));
      within().until(() -> heard.contains("2"));
      assertThat(heard).containsExactly("1", "2");
    }
  }

  @Test
  void closing_leaves_no_thread() {
    link.close();
    within().until(() -> threads().isEmpty());
    RedisLink other = open();
    within().until(other::connected);
    answer(other.subscribe("news", (channel, message) -> {}));
    assertThat(threads()).isNotEmpty();
    other.close();
    within().untilAsserted(() -> assertThat(threads()).isEmpty());
  }

  @Test
  void closing_while_redis_is_away_leaves_no_thread() {
    server.stop();
    RedisLink other = open();
    link.close();
    other.close();
    within().untilAsserted(() -> assertThat(threads()).isEmpty());
  }

  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("lettuce") || name.startsWith("cachetide-redis"))
        .toList();
  }

  private static <T> T answer(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(10, TimeUnit.SECONDS).join();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static ConditionFactory within() {
    return await().atMost(Duration.ofSeconds(10)).pollInterval(Duration.ofMillis(20));
  }
}
