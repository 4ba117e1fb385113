package dev.cachetide.internal;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Resilience4j's circuit breaker; every change of its state is logged once. */
final class ResilienceBreaker implements Breaker {

  private static final Logger log = LoggerFactory.getLogger(ResilienceBreaker.class);

  private final CircuitBreaker breaker;

  ResilienceBreaker(String name) {
    breaker =
        CircuitBreaker.of(
            name,
            CircuitBreakerConfig.custom()
                .slidingWindowSize(50)
                .minimumNumberOfCalls(10)
                .failureRateThreshold(50)
                .waitDurationInOpenState(Duration.ofSeconds(1))
                .automaticTransitionFromOpenToHalfOpenEnabled(false)
                .permittedNumberOfCallsInHalfOpenState(5)
                .maxWaitDurationInHalfOpenState(Duration.ofSeconds(5))
                .build());
    breaker
        .getEventPublisher()
        .onStateTransition(
            event ->
                log.atInfo()
                    .addKeyValue("breaker", name)
                    .addKeyValue("state", event.getStateTransition().getToState())
                    .log("the breaker around Redis changed"));
  }

  @Override
  public boolean allows() {
    return breaker.tryAcquirePermission();
  }

  @Override
  public void succeeded(long nanos) {
    breaker.onSuccess(nanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public void failed(long nanos, Throwable failure) {
    breaker.onError(nanos, TimeUnit.NANOSECONDS, failure);
  }
}
