package dev.cachetide.spring;

import dev.cachetide.ClientState;
import java.util.function.Supplier;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;

/**
 * Whether the caches are in use. While they are not, every read goes to its method: slower, and
 * right. That is no reason to take the application away from its users, so the status is one of its
 * own, {@code FALLBACK}, which leaves the health of the whole as it is until {@code
 * management.endpoint.health.status.order} says otherwise.
 */
final class ClientHealth implements HealthIndicator {

  static final Status FALLBACK =
      new Status("FALLBACK", "reads go to the methods, nothing is cached");

  private final Supplier<ClientState> state;

  ClientHealth(Supplier<ClientState> state) {
    this.state = state;
  }

  @Override
  public Health health() {
    ClientState now = state.get();
    return Health.status(now.trusted() ? Status.UP : FALLBACK)
        .withDetail("redis", now.connected() ? "connected" : "away")
        .withDetail("workers", now.heard() ? "heard" : "silent")
        .withDetail("believed", now.trusted())
        .build();
  }
}
