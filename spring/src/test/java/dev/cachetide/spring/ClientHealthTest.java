package dev.cachetide.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.ClientState;
import org.junit.jupiter.api.Test;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;

final class ClientHealthTest {

  private static Health of(boolean connected, boolean heard, boolean trusted) {
    return new ClientHealth(() -> new ClientState(connected, heard, trusted)).health();
  }

  @Test
  void a_cache_that_is_believed_is_up() {
    assertThat(of(true, true, true).getStatus()).isEqualTo(Status.UP);
  }

  @Test
  void a_cache_that_is_not_says_why_the_methods_answer() {
    assertThat(of(false, true, false).getStatus()).isEqualTo(ClientHealth.FALLBACK);
    assertThat(of(false, true, false).getDetails())
        .containsEntry("redis", "away")
        .containsEntry("workers", "heard");
    assertThat(of(true, false, false).getDetails())
        .containsEntry("redis", "connected")
        .containsEntry("workers", "silent")
        .containsEntry("believed", false);
  }
}
