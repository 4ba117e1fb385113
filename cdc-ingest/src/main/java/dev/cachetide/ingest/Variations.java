package dev.cachetide.ingest;

import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.postgres.VisibilityGate;
import java.time.Duration;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * What a negative control changes to show that a rule is needed. Not for users: each change loses
 * events or lets caches go stale.
 *
 * @param engine applied to the properties that {@link EngineProperties} made
 * @param gate makes the gate that every batch passes
 * @param acknowledgeEvery how much time at least lies between two acknowledgements to the slot
 */
record Variations(
    UnaryOperator<Map<String, String>> engine,
    Function<PostgresConnector, Gate> gate,
    Duration acknowledgeEvery) {

  private static final Duration A_SECOND = Duration.ofSeconds(1);

  /** As it must be. */
  static Variations none() {
    return new Variations(
        UnaryOperator.identity(), connector -> Gate.of(new VisibilityGate(connector)), A_SECOND);
  }

  Variations withEngine(UnaryOperator<Map<String, String>> changed) {
    return new Variations(changed, gate, acknowledgeEvery);
  }

  Variations withGate(Function<PostgresConnector, Gate> changed) {
    return new Variations(engine, changed, acknowledgeEvery);
  }

  Variations withAcknowledgeEvery(Duration changed) {
    return new Variations(engine, gate, changed);
  }
}
