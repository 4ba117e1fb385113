package dev.cachetide.runtime.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A configuration under test. */
final class ConfigFile {

  private final Path path;

  ConfigFile(Path directory, String yaml) {
    path = directory.resolve("cachetide.yaml");
    try {
      Files.writeString(path, yaml);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  PipelineSettings settings(Map<String, String> environment) {
    LoadedSettings loaded = SettingsLoader.load(path, environment);
    assertThat(loaded).isInstanceOf(LoadedSettings.Loaded.class);
    return ((LoadedSettings.Loaded) loaded).settings();
  }

  List<Problem> problems(Map<String, String> environment, Section... required) {
    LoadedSettings loaded = SettingsLoader.load(path, environment, Set.of(required));
    assertThat(loaded).isInstanceOf(LoadedSettings.Rejected.class);
    return ((LoadedSettings.Rejected) loaded).problems();
  }
}
