package dev.cachetide.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cachetide.runtime.settings.KafkaSettings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** With a Kafka that never answers: nothing listens on port 1. */
final class WorkerProgramTest {

  private final ScriptedHandler handler = new ScriptedHandler();
  private final WorkerProgram worker =
      WorkerProgram.create(
          new LoopSettings(
              "invalidate",
              new KafkaClients.Group("g", "c", 10, Duration.ofMinutes(5)),
              Topics.named(Set.of("t")),
              "dead",
              LoopSettings.COMMIT_INTERVAL,
              Duration.ofSeconds(5),
              Duration.ofSeconds(1)),
          new KafkaSettings(Map.of("bootstrap.servers", "127.0.0.1:1"), Map.of(), Map.of()),
          handler,
          new SimpleMeterRegistry());

  @Test
  void a_worker_that_was_never_started_releases_what_it_was_given() {
    assertThat(worker.readiness()).isEqualTo(Readiness.no("not started"));
    worker.close();
    assertThat(handler.closed).isTrue();
    assertThat(worker.ended()).isCompletedWithValue(ExitStatus.STOPPED);
    assertThatThrownBy(worker::start).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void a_stop_is_bounded_while_kafka_is_away() {
    worker.start();
    assertThatThrownBy(worker::start).isInstanceOf(IllegalStateException.class);
    assertThat(worker.readiness().ready()).isFalse();
    Instant before = Instant.now();
    worker.close();
    worker.close();
    assertThat(Duration.between(before, Instant.now())).isLessThan(Duration.ofSeconds(15));
    assertThat(worker.ended()).isCompletedWithValue(ExitStatus.STOPPED);
    assertThat(handler.closed).isTrue();
  }
}
