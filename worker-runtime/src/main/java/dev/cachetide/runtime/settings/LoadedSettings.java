package dev.cachetide.runtime.settings;

import java.util.List;

/** What came of reading a configuration. */
public sealed interface LoadedSettings {

  /** It can be used. */
  record Loaded(PipelineSettings settings) implements LoadedSettings {}

  /**
   * It cannot.
   *
   * @param problems every mistake that was found, in the order they were found; never empty
   */
  record Rejected(List<Problem> problems) implements LoadedSettings {
    /** Copies the list. */
    public Rejected {
      problems = List.copyOf(problems);
    }
  }
}
