package dev.cachetide.ingest;

import dev.cachetide.runtime.postgres.PostgresConnector;
import dev.cachetide.runtime.postgres.VisibilityGate;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * What a negative control changes to show that a rule is needed. Not for users: each change loses
 * events or lets caches go stale.
 *
 * @param engine applied to the properties that {@link EngineProperties} made
 * @param gate makes the gate that every batch passes
 */
record Variations(
    UnaryOperator<Map<String, String>> engine, Function<PostgresConnector, Gate> gate) {

  /** As it must be. */
  static Variations none() {
    return new Variations(
        UnaryOperator.identity(), connector -> Gate.of(new VisibilityGate(connector)));
  }
}
