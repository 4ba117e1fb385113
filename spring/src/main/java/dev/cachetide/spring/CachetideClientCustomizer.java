package dev.cachetide.spring;

import dev.cachetide.Cachetide;

/** A bean that has its say in how the client is built, after the properties. */
@FunctionalInterface
public interface CachetideClientCustomizer {

  /** Changes what the properties said; for Kafka, for the executor. */
  void customize(Cachetide.Builder builder);
}
