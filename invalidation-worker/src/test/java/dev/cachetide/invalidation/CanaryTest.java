package dev.cachetide.invalidation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.runtime.Outcome;
import dev.cachetide.runtime.RecordHandler;
import dev.cachetide.wire.Headers;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class CanaryTest {

  private static final String KEY = "cachetide:shop:canary";
  private static final TopicPartition PARTITION = new TopicPartition("shop.cachetide.heartbeat", 0);
  private static final Instant BEGINNING = Instant.parse("2026-01-01T00:00:00Z");

  private final InMemoryStore redis = new InMemoryStore();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final InvalidationMeters meters =
      new InvalidationMeters(registry, InstantSource.system());
  private Instant now = BEGINNING;
  private final Canary canary = canary();
  private Outcome answer = Outcome.applied();
  private final CanaryHandler handler =
      new CanaryHandler(new Answering(), canary, PARTITION.topic(), meters);

  private Canary canary() {
    return new Canary(
        redis,
        KEY,
        Duration.ofSeconds(30),
        meters,
        () -> now,
        () -> ChronoUnit.NANOS.between(BEGINNING, now));
  }

  @Test
  void its_age_is_that_of_the_youngest_heartbeat_whose_batch_is_done() {
    now = BEGINNING.plusSeconds(60);
    handler.handle(batch(List.of(heartbeat(57), heartbeat(59))));

    assertThat(canary.age()).isEqualTo(Duration.ofSeconds(1));
    assertThat(canary.readiness().ready()).isTrue();
    assertThat(registry.get("cachetide.canary.delay").timer().count()).isEqualTo(2);
    assertThat(registry.get("cachetide.canary.delay").timer().max(TimeUnit.SECONDS)).isEqualTo(3);
  }

  @Test
  void it_ages_while_nothing_comes_and_while_a_batch_is_not_done() {
    now = BEGINNING.plusSeconds(10);
    handler.handle(batch(List.of(heartbeat(10))));
    answer = new Outcome.Transient("evict", new IllegalStateException());
    now = BEGINNING.plusSeconds(41);
    handler.handle(batch(List.of(heartbeat(40))));
    handler.idle();

    assertThat(canary.age()).isEqualTo(Duration.ofSeconds(31));
    assertThat(canary.readiness().ready()).isFalse();
    assertThat(canary.readiness().reason()).contains("heartbeat").contains("30 s");
  }

  @Test
  void a_heartbeat_that_was_published_early_does_not_count() {
    now = BEGINNING.plusSeconds(10);
    ConsumerRecord<byte[], byte[]> early = heartbeat(10);
    early.headers().add(Headers.EARLY, "1".getBytes(StandardCharsets.UTF_8));
    handler.handle(batch(List.of(early)));

    assertThat(redis.values).isEmpty();
    assertThat(canary.age()).isEqualTo(Duration.ofSeconds(10));
  }

  @Test
  void a_redis_that_refuses_it_holds_no_batch_up_and_leaves_it_old() {
    redis.refusing = true;
    now = BEGINNING.plusSeconds(31);

    assertThat(handler.handle(batch(List.of(heartbeat(31))))).isEqualTo(Outcome.applied());
    assertThat(handler.idle()).isEqualTo(Outcome.applied());
    assertThat(canary.readiness().ready()).isFalse();

    redis.refusing = false;
    handler.handle(batch(List.of(heartbeat(31))));
    assertThat(canary.readiness().ready()).isTrue();
  }

  @Test
  void a_worker_that_does_not_read_the_heartbeats_knows_it_from_redis() {
    Canary other = canary();
    now = BEGINNING.plusSeconds(100);
    assertThat(other.readiness().ready()).isFalse();
    handler.handle(batch(List.of(heartbeat(99))));
    other.look();

    assertThat(other.age()).isEqualTo(Duration.ofSeconds(1));
    assertThat(registry.get("cachetide.canary.owned").gauge().value()).isZero();
    handler.assigned(List.of(PARTITION), (partition, offset) -> {});
    assertThat(registry.get("cachetide.canary.owned").gauge().value()).isEqualTo(1);
    handler.unassigned(List.of(PARTITION));
    assertThat(registry.get("cachetide.canary.owned").gauge().value()).isZero();
  }

  @Test
  void a_key_that_is_gone_makes_it_no_younger_and_no_older() {
    now = BEGINNING.plusSeconds(10);
    handler.handle(batch(List.of(heartbeat(9))));
    redis.values.clear();
    now = BEGINNING.plusSeconds(20);
    handler.idle();

    assertThat(canary.age()).isEqualTo(Duration.ofSeconds(11));
  }

  private static ConsumerRecord<byte[], byte[]> heartbeat(int second) {
    long micros = ChronoUnit.MICROS.between(Instant.EPOCH, BEGINNING.plusSeconds(second));
    ConsumerRecord<byte[], byte[]> record =
        new ConsumerRecord<>(PARTITION.topic(), 0, second, new byte[0], new byte[0]);
    record.headers().add(Headers.COMMITTED, Long.toString(micros).getBytes(StandardCharsets.UTF_8));
    return record;
  }

  private static ConsumerRecords<byte[], byte[]> batch(
      List<ConsumerRecord<byte[], byte[]>> records) {
    return new ConsumerRecords<>(Map.of(PARTITION, records), Map.of());
  }

  private final class Answering implements RecordHandler {
    @Override
    public Outcome handle(ConsumerRecords<byte[], byte[]> batch) {
      return answer;
    }

    @Override
    public Outcome idle() {
      return answer;
    }
  }

  private static final class InMemoryStore implements Canary.Store {
    private final Map<String, String> values = new HashMap<>();
    private boolean refusing;

    @Override
    public void put(String key, String value) throws ExecutionException {
      check();
      values.put(key, value);
    }

    @Override
    public @Nullable String get(String key) throws ExecutionException {
      check();
      return values.get(key);
    }

    private void check() throws ExecutionException {
      if (refusing) {
        throw new ExecutionException(
            new io.lettuce.core.RedisCommandExecutionException("NOPERM no such right"));
      }
    }
  }
}
