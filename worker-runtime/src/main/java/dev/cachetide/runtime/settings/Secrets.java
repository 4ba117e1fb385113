package dev.cachetide.runtime.settings;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.provider.ConfigProvider;
import org.apache.kafka.common.config.provider.DirectoryConfigProvider;
import org.apache.kafka.common.config.provider.EnvVarConfigProvider;
import org.apache.kafka.common.config.provider.FileConfigProvider;

/**
 * Replaces {@code ${env:NAME}}, {@code ${file:/path:key}} and {@code ${dir:/path:name}} by what
 * they stand for, with kafka-clients' own providers. Rules and write tables are left alone: a key
 * template may hold any text.
 */
final class Secrets {

  private static final Pattern REFERENCE = Pattern.compile("\\$\\{([^}:]*):([^}]*)}");
  private static final Set<String> LITERAL = Set.of("rules", "writes");
  private static final String FORMS = "use ${env:NAME}, ${file:/path:key} or ${dir:/path:name}";

  private final Map<String, ConfigProvider> providers;

  Secrets(Map<String, String> environment) {
    EnvVarConfigProvider variables = new EnvVarConfigProvider(environment);
    FileConfigProvider files = new FileConfigProvider();
    DirectoryConfigProvider directories = new DirectoryConfigProvider();
    providers = Map.of("env", variables, "file", files, "dir", directories);
    providers.values().forEach(provider -> provider.configure(Map.of()));
  }

  /** Changes {@code config}. */
  void resolve(ObjectNode config, Problems problems) {
    for (Map.Entry<String, JsonNode> entry : config.properties()) {
      if (!LITERAL.contains(entry.getKey())) {
        entry.setValue(resolve(entry.getValue(), ConfigPath.of(entry.getKey()), problems));
      }
    }
  }

  private JsonNode resolve(JsonNode node, ConfigPath path, Problems problems) {
    if (node instanceof ObjectNode mapping) {
      for (Map.Entry<String, JsonNode> entry : mapping.properties()) {
        entry.setValue(resolve(entry.getValue(), path.child(entry.getKey()), problems));
      }
    } else if (node instanceof ArrayNode list) {
      for (int i = 0; i < list.size(); i++) {
        list.set(i, resolve(list.get(i), path.child(i), problems));
      }
    } else if (node.isTextual() && REFERENCE.matcher(node.textValue()).find()) {
      problems.secret(path);
      return TextNode.valueOf(substitute(node.textValue(), path, problems));
    }
    return node;
  }

  private String substitute(String text, ConfigPath path, Problems problems) {
    return REFERENCE
        .matcher(text)
        .replaceAll(
            reference ->
                Matcher.quoteReplacement(
                    value(reference.group(1), reference.group(2), path, problems)
                        .orElse(reference.group())));
  }

  private Optional<String> value(String kind, String where, ConfigPath path, Problems problems) {
    String reference = "${" + kind + ":" + where + "}";
    ConfigProvider provider = providers.get(kind);
    if (provider == null) {
      problems.add(path, reference + " names no known source of secrets", FORMS);
      return Optional.empty();
    }
    int colon = kind.equals("env") ? -1 : where.lastIndexOf(':');
    String store = colon < 0 ? "" : where.substring(0, colon);
    String name = where.substring(colon + 1);
    Optional<String> value = exists(kind, store) ? read(provider, store, name) : Optional.empty();
    if (value.isEmpty()) {
      problems.add(path, missing(kind, store, name), fix(kind, store, name));
    }
    return value;
  }

  /** Asked first because the providers log what they do not find, with a stack trace. */
  private static boolean exists(String kind, String store) {
    return kind.equals("env")
        || (kind.equals("dir")
            ? Files.isDirectory(Path.of(store))
            : Files.isReadable(Path.of(store)));
  }

  private static Optional<String> read(ConfigProvider provider, String store, String name) {
    try {
      return Optional.ofNullable(provider.get(store, Set.of(name)).data().get(name));
    } catch (ConfigException e) {
      // The providers throw this for a store that cannot be read; the caller names the store.
      return Optional.empty();
    }
  }

  private static String missing(String kind, String store, String name) {
    return switch (kind) {
      case "env" -> "the environment variable " + name + " is not set";
      case "file" -> "the file '" + store + "' cannot be read, or has no key '" + name + "'";
      default -> "the directory '" + store + "' cannot be read, or has no file '" + name + "'";
    };
  }

  private static String fix(String kind, String store, String name) {
    return switch (kind) {
      case "env" -> "set " + name + " before starting";
      case "file" -> "add the line `" + name + "=…` to " + (store.isEmpty() ? "a file" : store);
      default -> "create " + store + "/" + name;
    };
  }
}
