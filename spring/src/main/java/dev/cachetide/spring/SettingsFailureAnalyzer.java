package dev.cachetide.spring;

import dev.cachetide.spring.SettingsException.Problem;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** What an application that does not start says of the properties {@code cachetide.*}. */
final class SettingsFailureAnalyzer extends AbstractFailureAnalyzer<SettingsException> {

  @Override
  protected @Nullable FailureAnalysis analyze(Throwable rootFailure, SettingsException cause) {
    return new FailureAnalysis(
        cause.problems().stream()
            .map(problem -> problem.property() + ": " + problem.message())
            .collect(Collectors.joining("\n")),
        cause.problems().stream().map(Problem::fix).distinct().collect(Collectors.joining("\n")),
        cause);
  }
}
