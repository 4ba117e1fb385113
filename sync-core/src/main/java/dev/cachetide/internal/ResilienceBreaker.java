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

  private static final int TRIALS = 3;
  private static final Duration OPEN = Duration.ofSeconds(1);

  /**
   * Every command ends within its timeout and gives its permit back. Should one not, the breaker
   * opens after this time and gives out new ones. It must be long enough for a cache that is seldom
   * asked to make its trials, or the breaker would never close.
   */
  private static final Duration TRIALS_END = Duration.ofSeconds(30);

  private final CircuitBreaker breaker;

  ResilienceBreaker(String name) {
    this(name, OPEN, TRIALS_END);
  }

  ResilienceBreaker(String name, Duration open, Duration trialsEnd) {
    breaker =
        CircuitBreaker.of(
            name,
            CircuitBreakerConfig.custom()
                .slidingWindowSize(50)
                .minimumNumberOfCalls(10)
                .failureRateThreshold(50)
                .waitDurationInOpenState(open)
                .automaticTransitionFromOpenToHalfOpenEnabled(false)
                .permittedNumberOfCallsInHalfOpenState(TRIALS)
                .maxWaitDurationInHalfOpenState(trialsEnd)
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
