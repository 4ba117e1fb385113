package dev.cachetide.cli;

import dev.cachetide.runtime.settings.LoadedSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Section;
import dev.cachetide.runtime.settings.SettingsLoader;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Reads the file that {@code --config} names. */
final class Configuration {

  private Configuration() {}

  /**
   * Reads a file, with the process's environment laid over it.
   *
   * @param required what the file must name
   * @throws ConfigurationRejected with every problem of the file
   */
  static PipelineSettings load(Path file, Set<Section> required) throws ConfigurationRejected {
    return settings(SettingsLoader.load(file, System.getenv(), required));
  }

  /**
   * Reads a file for its rules: a whole configuration, or one that names no pipeline.
   *
   * @param pipeline that the rules are for, whatever the file says
   * @throws ConfigurationRejected with every problem of the file
   */
  static PipelineSettings rules(Path file, String pipeline) throws ConfigurationRejected {
    Map<String, String> environment = new HashMap<>(System.getenv());
    environment.put("CACHETIDE_PIPELINE", pipeline);
    return settings(SettingsLoader.load(file, environment, Set.of()));
  }

  private static PipelineSettings settings(LoadedSettings loaded) throws ConfigurationRejected {
    if (loaded instanceof LoadedSettings.Rejected rejected) {
      throw new ConfigurationRejected(rejected.problems());
    }
    return ((LoadedSettings.Loaded) loaded).settings();
  }
}
