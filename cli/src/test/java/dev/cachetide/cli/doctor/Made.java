package dev.cachetide.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cachetide.cli.doctor.Finding.Severity;
import dev.cachetide.runtime.settings.LoadedSettings;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.SettingsLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Settings that checks are made of, and what the checks say. */
final class Made {

  /** A pipeline with a rule and a table for writes. */
  static final String SHOP =
      """
      pipeline: shop
      kafka: { bootstrap.servers: "broker:9092" }
      redis: { url: "redis://cache" }
      rules:
        - name: users
          source: { table: users }
          evict: [ { key: "user:{id}" } ]
      writes:
        - { table: public.stock, key: [id] }
      """;

  private Made() {}

  /** Of a file's text. */
  static PipelineSettings settings(Path directory, String text) throws Exception {
    Path file = Files.writeString(directory.resolve("shop.yaml"), text);
    LoadedSettings loaded = SettingsLoader.load(file, Map.of());
    assertThat(loaded).isInstanceOf(LoadedSettings.Loaded.class);
    return ((LoadedSettings.Loaded) loaded).settings();
  }

  /** Without what is right. */
  static List<String> lines(Report report) {
    return report.findings().stream()
        .filter(each -> each.severity() != Severity.OK)
        .map(each -> each.severity() + " " + each.check() + ": " + each.found())
        .toList();
  }
}
