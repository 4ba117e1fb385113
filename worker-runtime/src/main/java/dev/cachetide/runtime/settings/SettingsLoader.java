package dev.cachetide.runtime.settings;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
    RuleOrigins origins =
        config
            .map(tree -> check(file, tree, environment, required, problems))
            .orElse(RuleOrigins.IN_ONE_FILE);
    return config.isPresent() && problems.isEmpty()
        ? new LoadedSettings.Loaded(SettingsBinder.bind(config.get(), origins))
        : new LoadedSettings.Rejected(problems.list());
  }

  /**
   * The files that a configuration is made of, as far as they can be told: the file itself and, by
   * name, those of its {@code ruleFiles}. For whoever watches them; what is wrong with them is
   * {@link #load}'s to say.
   */
  public static List<Path> files(Path file, Map<String, String> environment) {
    List<Path> files = new ArrayList<>(List.of(file));
    Problems unheard = new Problems(file.toString());
    new YamlFile()
        .read(file, unheard)
        .ifPresent(
            tree -> {
              resolve(tree, environment, new ConfigSchema(), unheard);
              files.addAll(RuleFolder.filesOf(file, tree));
            });
    return files;
  }

  private static void resolve(
      ObjectNode config, Map<String, String> environment, ConfigSchema schema, Problems problems) {
    new EnvironmentOverlay(schema).apply(config, environment, problems);
    new Secrets(environment).resolve(config, problems);
  }

  private static RuleOrigins check(
      Path file,
      ObjectNode config,
      Map<String, String> environment,
      Set<Section> required,
      Problems problems) {
    ConfigSchema schema = new ConfigSchema();
    resolve(config, environment, schema, problems);
    RuleOrigins origins = RuleFolder.merge(file, config, problems);
    problems.rulesCameFrom(origins);
    readScalars(config, ConfigPath.ROOT, schema);
    new SchemaMessages(schema).report(config, problems);
    new SemanticChecks(config, problems).run(schema, required);
    return origins;
  }

  /** What came from the environment or a secret is text: another scalar where one is wanted. */
  private static void readScalars(ObjectNode mapping, ConfigPath path, ConfigSchema schema) {
    for (Map.Entry<String, JsonNode> entry : mapping.properties()) {
      ConfigPath child = path.child(entry.getKey());
      if (entry.getValue() instanceof ObjectNode inner) {
        readScalars(inner, child, schema);
      } else if (schema.wantsInteger(child) && entry.getValue().asText().matches("-?[0-9]{1,9}")) {
        entry.setValue(IntNode.valueOf(Integer.parseInt(entry.getValue().asText())));
      } else if (schema.wantsBoolean(child) && entry.getValue().asText().matches("true|false")) {
        entry.setValue(BooleanNode.valueOf(entry.getValue().asText().equals("true")));
      }
    }
  }
}
