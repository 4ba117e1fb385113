package dev.cachetide;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.function.Predicate;

/**
 * A client's {@link ClientState} as Micrometer meters, each 1 or 0: {@code new ClientMeters(client)
 * .bindTo(registry)}. Needs Micrometer on the class path. The registry does not keep the client
 * alive.
 */
public final class ClientMeters implements MeterBinder {

  private final Cachetide client;

  /** Meters of a client. */
  public ClientMeters(Cachetide client) {
    this.client = client;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    gauge(registry, "connected", "whether there is a connection to Redis", ClientState::connected);
    gauge(registry, "heard", "whether workers were heard lately", ClientState::heard);
    gauge(registry, "trusted", "whether reads may believe Redis", ClientState::trusted);
  }

  private void gauge(
      MeterRegistry registry, String name, String what, Predicate<ClientState> holds) {
    Gauge.builder("cachetide.client." + name, client, it -> holds.test(it.state()) ? 1 : 0)
        .description(what)
        .register(registry);
  }
}
