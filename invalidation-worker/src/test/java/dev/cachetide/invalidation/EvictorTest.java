package dev.cachetide.invalidation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.invalidation.rules.Plan;
import dev.cachetide.runtime.Outcome;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;

final class EvictorTest {

  private final RecordingRedis redis = new RecordingRedis();
  private final InMemoryCertificates certificates = new InMemoryCertificates();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private long nanos;
  private final Evictor evictor =
      new Evictor(
          redis,
          certificates,
          EvictorTest::everything,
          new InvalidationMeters(registry, InstantSource.system()),
          () -> nanos);

  @Test
  void a_start_of_redis_that_nobody_certified_is_emptied_first_and_certified_then() {
    assertThat(evictor.evict(plan("user:1")).failure()).isNull();

    assertThat(redis.evicted).containsExactly("user:*", "user:1");
    assertThat(certificates.runId).isEqualTo("run-1");
  }

  @Test
  void the_start_that_was_certified_keeps_its_entries() {
    certificates.runId = "run-1";

    evictor.evict(plan("user:1"));

    assertThat(redis.evicted).containsExactly("user:1");
    assertThat(certificates.attempts).isZero();
  }

  @Test
  void a_reconnect_to_the_same_start_evicts_nothing_more() {
    evictor.evict(plan("user:1"));
    redis.connects++;
    evictor.evict(plan("user:2"));

    assertThat(redis.evicted).containsExactly("user:*", "user:1", "user:2");
  }

  @Test
  void another_start_is_emptied_even_when_there_is_nothing_to_evict() {
    evictor.evict(plan("user:1"));
    redis.connects++;
    redis.runId = "run-2";
    evictor.evict(plan());

    assertThat(redis.evicted).containsExactly("user:*", "user:1", "user:*");
    assertThat(certificates.runId).isEqualTo("run-2");
  }

  @Test
  void a_start_that_could_not_be_emptied_is_not_certified() {
    redis.failure = new java.util.concurrent.ExecutionException(new RuntimeException());
    assertThat(evictor.evict(plan("user:1")).failure()).isInstanceOf(Outcome.Transient.class);
    assertThat(certificates.runId).isNull();
    redis.failure = null;
    evictor.evict(plan("user:1"));

    assertThat(redis.evicted).containsExactly("user:*", "user:1");
    assertThat(certificates.runId).isEqualTo("run-1");
  }

  @Test
  void everything_leaves_when_postgres_cannot_tell_who_was_certified() {
    certificates.runId = "run-1";
    certificates.away = true;

    assertThat(evictor.evict(plan("user:1")).failure()).isNull();

    assertThat(redis.evicted).containsExactly("user:*", "user:1");
  }

  @Test
  void a_postgres_that_is_away_is_asked_every_ten_seconds_and_not_with_every_batch() {
    certificates.away = true;
    for (int batch = 0; batch < 100; batch++) {
      evictor.evict(plan("user:1"));
    }
    assertThat(certificates.attempts).isEqualTo(1);
    certificates.away = false;
    pass(Duration.ofSeconds(9));
    evictor.evict(plan());
    assertThat(certificates.attempts).isEqualTo(1);
    pass(Duration.ofSeconds(1));
    evictor.evict(plan());

    assertThat(certificates.attempts).isEqualTo(2);
    assertThat(certificates.runId).isEqualTo("run-1");
  }

  @Test
  void a_redis_that_is_away_is_a_transient_failure() {
    redis.away = true;

    assertThat(evictor.evict(plan()).failure()).isInstanceOf(Outcome.Transient.class);
    assertThat(redis.evicted).isEmpty();
  }

  @Test
  void round_trips_and_keys_are_counted() {
    certificates.runId = "run-1";

    assertThat(evictor.evict(plan("user:1", "user:2")).removed()).isEqualTo(2);

    assertThat(registry.counter("cachetide.invalidation.redis.round.trips").count()).isEqualTo(1);
  }

  private void pass(Duration time) {
    nanos += time.toNanos();
  }

  private static Plan everything() {
    Plan everything = new Plan();
    everything.evictMatching("user:*");
    return everything;
  }

  private static Plan plan(String... keys) {
    Plan plan = new Plan();
    for (String key : keys) {
      plan.evict(key);
    }
    return plan;
  }
}
