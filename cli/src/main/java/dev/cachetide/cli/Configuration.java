package dev.cachetide.cli;

import dev.cachetide.runtime.settings.LoadedSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.Section;
import dev.cachetide.runtime.settings.SettingsLoader;
import java.nio.file.Path;
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
    LoadedSettings loaded = SettingsLoader.load(file, System.getenv(), required);
    if (loaded instanceof LoadedSettings.Rejected rejected) {
      throw new ConfigurationRejected(rejected.problems());
    }
    return ((LoadedSettings.Loaded) loaded).settings();
  }
}
