package dev.cachetide.runtime.settings;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cachetide.runtime.settings.RuleOrigins.Origin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The folder that {@code ruleFiles} names: its rules are hung behind those of the configuration
 * file, so that every check sees one list. A file is one rule, as in RDI's {@code jobs/}, or {@code
 * rules:} with a list of them.
 */
final class RuleFolder {

  static final int MOST_FILES = 1_000;

  private static final ConfigPath SETTING = ConfigPath.of("ruleFiles");
  private static final String FORM = "begin with `name: <rule>`, or with `rules:` and a list";

  private final List<Origin> origins = new ArrayList<>();
  private final YamlFile reader = new YamlFile(FORM, "split the file");

  private RuleFolder() {}

  /**
   * Appends to {@code config}'s rules.
   *
   * @param file of the configuration, which the folder is named relative to
   */
  static RuleOrigins merge(Path file, ObjectNode config, Problems problems) {
    JsonNode named = SETTING.in(config);
    JsonNode rules = config.path("rules");
    if (!named.isTextual() || named.textValue().isEmpty()) {
      return RuleOrigins.IN_ONE_FILE;
    }
    if (!rules.isMissingNode() && !rules.isArray()) {
      // The schema check will say what is wrong with it.
      return RuleOrigins.IN_ONE_FILE;
    }
    ArrayNode list = rules instanceof ArrayNode written ? written : config.putArray("rules");
    int first = list.size();
    RuleFolder folder = new RuleFolder();
    for (Path each : folder.files(file, named.textValue(), problems)) {
      folder.read(each, list, problems);
    }
    return new RuleOrigins(first, folder.origins);
  }

  private List<Path> files(Path file, String named, Problems problems) {
    try {
      Path folder = file.resolveSibling(named);
      if (!Files.isDirectory(folder)) {
        boolean exists = Files.exists(folder);
        problems.add(
            SETTING,
            exists ? "'" + folder + "' is no folder" : "there is no folder '" + folder + "'",
            "name a folder, relative to the configuration file");
        return List.of();
      }
      List<Path> files = files(folder);
      if (files.isEmpty()) {
        problems.add(
            SETTING,
            "the folder '" + folder + "' holds no *.yaml and no *.yml (sub-folders are not read)",
            "put a rule file there, or remove ruleFiles");
      } else if (files.size() > MOST_FILES) {
        problems.add(
            SETTING,
            "the folder '" + folder + "' holds " + files.size() + " rule files",
            "put several rules in one file: at most " + MOST_FILES + " files are read");
        return List.of();
      }
      return files;
    } catch (InvalidPathException | IOException e) {
      problems.add(SETTING, "the folder cannot be read: " + e, "make it a readable folder");
      return List.of();
    }
  }

  /** The rule files of a configuration; none where they cannot be told. */
  static List<Path> filesOf(Path file, JsonNode config) {
    String named = SETTING.in(config).asText("");
    try {
      return named.isEmpty() ? List.of() : files(file.resolveSibling(named));
    } catch (InvalidPathException | IOException e) {
      // Whoever loads the configuration hears of it.
      return List.of();
    }
  }

  /** The rule files, by name; hidden ones are editors' and Kubernetes' own. */
  static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(RuleFolder::isRuleFile).sorted().toList();
    }
  }

  private static boolean isRuleFile(Path path) {
    String name = String.valueOf(path.getFileName()).toLowerCase(Locale.ROOT);
    boolean yaml = name.endsWith(".yaml") || name.endsWith(".yml");
    return yaml && !name.startsWith(".") && !Files.isDirectory(path);
  }

  private void read(Path file, ArrayNode list, Problems problems) {
    Problems own = new Problems(file.toString());
    reader.read(file, own).ifPresent(tree -> take(file.toString(), tree, list, own));
    problems.addAll(own);
  }

  private void take(String file, ObjectNode tree, ArrayNode list, Problems problems) {
    if (!tree.has("rules")) {
      list.add(tree);
      origins.add(new Origin(file, ""));
      return;
    }
    ConfigPath several = ConfigPath.of("rules");
    tree.fieldNames()
        .forEachRemaining(
            key -> {
              if (!key.equals("rules")) {
                problems.add(
                    ConfigPath.of(key),
                    "the key '" + key + "' is not known beside rules",
                    "remove it: a rule file holds one rule, or `rules:` and a list");
              }
            });
    if (!tree.path("rules").isArray()) {
      problems.add(several, "is no list of rules", "write `rules:` and below it `- name: …`");
    }
    for (int i = 0; i < tree.path("rules").size() && tree.path("rules").isArray(); i++) {
      list.add(tree.path("rules").path(i));
      origins.add(new Origin(file, several.child(i).toString()));
    }
  }
}
