package dev.cachetide.runtime.settings;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Lays environment variables over the file: {@code CACHETIDE_POSTGRES_PASSWORD} over {@code
 * postgres.password}, {@code CACHETIDE_KAFKA_BOOTSTRAP_SERVERS} over {@code
 * kafka."bootstrap.servers"}, {@code CACHETIDE_INGEST_GATE_LIMIT} over {@code ingest.gateLimit}.
 * Rules and write tables have none.
 */
final class EnvironmentOverlay {

  private static final String PREFIX = "CACHETIDE_";

  /**
   * What Kubernetes sets for a service named {@code cachetide-redis} is no mistake of anybody's.
   */
  private static final Pattern SERVICE_LINK =
      Pattern.compile(".*_(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT|PORT_[0-9]+_(TCP|UDP)(_.*)?)");

  private final Map<String, ConfigPath> settings = new TreeMap<>();
  private final Map<String, ConfigPath> openMappings = new HashMap<>();

  EnvironmentOverlay(ConfigSchema schema) {
    collect(schema, ConfigPath.ROOT);
  }

  private void collect(ConfigSchema schema, ConfigPath path) {
    if (schema.isOpen(path)) {
      openMappings.put(variable(path) + "_", path);
    }
    for (String key : schema.keys(path)) {
      ConfigPath child = path.child(key);
      if (schema.wantsMapping(child)) {
        collect(schema, child);
      } else if (!schema.wantsList(child)) {
        settings.put(variable(child), child);
      }
    }
  }

  private static String variable(ConfigPath path) {
    StringBuilder name = new StringBuilder("CACHETIDE");
    for (Object step : path.steps()) {
      name.append('_').append(((String) step).replaceAll("([a-z])([A-Z])", "$1_$2"));
    }
    return name.toString().replace('.', '_').toUpperCase(Locale.ROOT);
  }

  /** Changes {@code config}. */
  void apply(ObjectNode config, Map<String, String> environment, Problems problems) {
    new TreeMap<>(environment)
        .forEach(
            (name, value) -> {
              if (name.startsWith(PREFIX)) {
                path(name)
                    .ifPresentOrElse(
                        path -> set(config, path, name, value, problems),
                        () -> refuse(name, problems));
              }
            });
  }

  private Optional<ConfigPath> path(String name) {
    ConfigPath known = settings.get(name);
    if (known != null) {
      return Optional.of(known);
    }
    if (SERVICE_LINK.matcher(name).matches()) {
      return Optional.empty();
    }
    return openMappings.keySet().stream()
        .filter(prefix -> name.startsWith(prefix) && name.length() > prefix.length())
        .max((a, b) -> Integer.compare(a.length(), b.length()))
        .map(prefix -> inMapping(prefix, name.substring(prefix.length())));
  }

  private ConfigPath inMapping(String prefix, String rest) {
    ConfigPath mapping = openMappings.getOrDefault(prefix, ConfigPath.ROOT);
    return mapping.child(rest.toLowerCase(Locale.ROOT).replace('_', '.'));
  }

  private static void set(
      ObjectNode config, ConfigPath path, String variable, String value, Problems problems) {
    ObjectNode holder = config;
    for (Object step : path.parent().steps()) {
      JsonNode next = holder.path((String) step);
      if (next.isMissingNode() || next.isNull()) {
        holder = holder.putObject((String) step);
      } else if (next instanceof ObjectNode mapping) {
        holder = mapping;
      } else {
        // The file has something else than a mapping there; the schema check will say so.
        return;
      }
    }
    holder.put(path.last(), value);
    problems.setBy(variable, path);
  }

  /** Only what begins like a section is ours to judge: launchers have variables of their own. */
  private void refuse(String name, Problems problems) {
    boolean ours =
        settings.keySet().stream().anyMatch(known -> section(known).equals(section(name)));
    if (ours && !SERVICE_LINK.matcher(name).matches()) {
      problems.add(
          ConfigPath.of(name),
          "the environment variable " + name + " names no setting",
          Spelling.nearest(name, settings.keySet())
              .map(near -> "did you mean " + near + "? Otherwise remove it")
              .orElse("remove it"));
    }
  }

  private static String section(String variable) {
    String rest = variable.substring(PREFIX.length());
    int end = rest.indexOf('_');
    return end < 0 ? variable : rest.substring(0, end);
  }
}
