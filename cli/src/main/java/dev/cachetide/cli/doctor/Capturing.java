package dev.cachetide.cli.doctor;

import dev.cachetide.runtime.settings.InvalidationSettings.Source;
import dev.cachetide.runtime.settings.PipelineSettings;

/** Who captures. */
final class Capturing {

  private Capturing() {}

  /** Whether the pipeline's own ingest does. */
  static boolean ours(PipelineSettings settings) {
    return settings.invalidation().source() == Source.CACHETIDE;
  }
}
