package dev.cachetide.system;

import dev.cachetide.sandbox.Containers;
import dev.cachetide.sandbox.ServerMode;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/** With {@code -Dservers=containers} and no engine to run them, every test is skipped. */
public final class EngineCondition implements ExecutionCondition {

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    if (!ServerMode.containers()) {
      return ConditionEvaluationResult.enabled("embedded servers");
    }
    if (Containers.possible()) {
      return ConditionEvaluationResult.enabled("servers in containers");
    }
    String why = "-Dservers=containers, and no container engine answers";
    System.out.println("skipped " + context.getDisplayName() + ": " + why);
    return ConditionEvaluationResult.disabled(why);
  }
}
