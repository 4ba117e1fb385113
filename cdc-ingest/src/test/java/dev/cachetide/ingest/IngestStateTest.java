package dev.cachetide.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class IngestStateTest {

  private final AtomicLong now = new AtomicLong();
  private final IngestState state = new IngestState(Duration.ofSeconds(2), now::get);

  @Test
  void streaming_alone_is_not_ready_until_a_heartbeat_of_this_run_comes_back() {
    state.streaming(10);
    assertThat(state.readiness().ready()).isFalse();
    state.heartbeatAcknowledged(9);
    assertThat(state.readiness().ready()).isFalse();
    state.heartbeatAcknowledged(10);
    assertThat(state.readiness().ready()).isTrue();
  }

  @Test
  void it_stays_ready_for_three_intervals_after_the_last_heartbeat() {
    state.streaming(1);
    state.heartbeatAcknowledged(1);
    now.addAndGet(Duration.ofSeconds(6).toNanos());
    assertThat(state.readiness().ready()).isTrue();
    now.incrementAndGet();
    assertThat(state.readiness().ready()).isFalse();
    state.heartbeatAcknowledged(2);
    assertThat(state.readiness().ready()).isTrue();
  }

  @Test
  void waiting_for_kafka_is_not_ready_and_says_so() {
    state.streaming(1);
    state.heartbeatAcknowledged(1);
    state.waitingFor("waiting for Kafka");
    assertThat(state.readiness().reason()).isEqualTo("waiting for Kafka");
    state.waitingFor("");
    assertThat(state.readiness().ready()).isTrue();
  }

  @Test
  void a_new_term_begins_without_the_heartbeats_of_the_last() {
    state.streaming(1);
    state.heartbeatAcknowledged(1);
    state.notStreaming("standby");
    assertThat(state.readiness().reason()).isEqualTo("standby");
    state.streaming(5);
    assertThat(state.readiness().ready()).isFalse();
    assertThat(state.takeProgress()).isTrue();
    assertThat(state.takeProgress()).isFalse();
  }
}
