package dev.cachetide.runtime.settings;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads a configuration: the file, environment variables over it, secrets in place of their
 * references, then every check. Reports all mistakes at once, so that a file is corrected in one
 * go; a mistake hides only those that follow from it.
 */
public final class SettingsLoader {

  private SettingsLoader() {}

  /** Demands no section. */
  public static LoadedSettings load(Path file, Map<String, String> environment) {
    return load(file, environment, Set.of());
  }

  /**
   * Reads one configuration. Any problem is in the result; none is thrown.
   *
   * @param file YAML, or JSON, which YAML contains
   * @param environment of the process; {@code CACHETIDE_*} overrules the file, {@code ${env:NAME}}
   *     looks here
   * @param required sections that the program to be started cannot do without
   */
  public static LoadedSettings load(
      Path file, Map<String, String> environment, Set<Section> required) {
    Problems problems = new Problems(file.toString());
    Optional<ObjectNode> config = new YamlFile().read(file, problems);
    config.ifPresent(tree -> check(tree, environment, required, problems));
    return config.isPresent() && problems.isEmpty()
        ? new LoadedSettings.Loaded(SettingsBinder.bind(config.get()))
        : new LoadedSettings.Rejected(problems.list());
  }

  private static void check(
      ObjectNode config,
      Map<String, String> environment,
      Set<Section> required,
      Problems problems) {
    ConfigSchema schema = new ConfigSchema();
    new EnvironmentOverlay(schema).apply(config, environment, problems);
    new Secrets(environment).resolve(config, problems);
    readNumbers(config, ConfigPath.ROOT, schema);
    new SchemaMessages(schema).report(config, problems);
    new SemanticChecks(config, problems).run(schema, required);
  }

  /** What came from the environment or a secret is text: a number where one is wanted. */
  private static void readNumbers(ObjectNode mapping, ConfigPath path, ConfigSchema schema) {
    for (Map.Entry<String, JsonNode> entry : mapping.properties()) {
      ConfigPath child = path.child(entry.getKey());
      if (entry.getValue() instanceof ObjectNode inner) {
        readNumbers(inner, child, schema);
      } else if (schema.wantsInteger(child) && entry.getValue().asText().matches("-?[0-9]{1,9}")) {
        entry.setValue(IntNode.valueOf(Integer.parseInt(entry.getValue().asText())));
      }
    }
  }
}
