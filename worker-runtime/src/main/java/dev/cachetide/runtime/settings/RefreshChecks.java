package dev.cachetide.runtime.settings;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cachetide.key.KeyTemplate;
import dev.cachetide.key.Reference;
import dev.cachetide.runtime.settings.RefreshSettings.Mode;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What a schema cannot say about a rule's {@code refresh}: which keys belong to which mode. Passes
 * over what the schema has named already.
 */
final class RefreshChecks {

  private static final Pattern PLACEHOLDER =
      Pattern.compile("(?s).*(?<![:A-Za-z0-9_]):[A-Za-z_].*");
  private static final Set<String> SINGLE = Set.of("text", "bytes");

  private final JsonNode config;
  private final Problems problems;

  RefreshChecks(JsonNode config, Problems problems) {
    this.config = config;
    this.problems = problems;
  }

  void run() {
    Set<String> templates = new HashSet<>();
    for (int rule = 0; rule < config.path("rules").size(); rule++) {
      JsonNode list = config.path("rules").path(rule).path("refresh");
      for (int i = 0; i < list.size(); i++) {
        ConfigPath path = ConfigPath.of("rules", rule, "refresh", i);
        key(path, list.path(i), templates);
        mode(list.path(i)).ifPresent(mode -> check(mode, path, path.in(config)));
      }
    }
  }

  private static boolean bare(Reference reference) {
    return reference.image() == Reference.Image.EITHER
        && !reference.each()
        && reference.formats().isEmpty();
  }

  private static Optional<Mode> mode(JsonNode node) {
    try {
      return Optional.of(RefreshBinder.mode(node));
    } catch (IllegalArgumentException e) {
      // The schema has named it.
      return Optional.empty();
    }
  }

  private void key(ConfigPath path, JsonNode node, Set<String> templates) {
    JsonNode key = node.path("key");
    if (!key.isTextual()) {
      return;
    }
    KeyTemplate.Compilation compilation = KeyTemplate.compile(key.textValue());
    if (compilation instanceof KeyTemplate.Compilation.Refused refused) {
      problems.add(path.child("key"), refused.message(), refused.fix());
    } else if (!((KeyTemplate.Compilation.Compiled) compilation)
        .template().references().stream().allMatch(RefreshChecks::bare)) {
      problems.add(
          path.child("key"),
          "'" + key.textValue() + "' makes something of a value, and rows may come to share it",
          "write the column alone, such as user:{id}");
    } else if (!templates.add(key.textValue())) {
      problems.add(
          path.child("key"),
          "two refreshes write the key '" + key.textValue() + "'",
          "keep one of them, or give them different prefixes");
    }
  }

  private void check(Mode mode, ConfigPath path, JsonNode node) {
    switch (mode) {
      case FENCED -> {
        refuse(path, node, "again", mode, "remove it: a fenced key needs no second eviction");
        require(
            path,
            node,
            "type",
            "entries tell their readers which Java type they hold",
            "add `type: com.shop.User` as the client's codec names it, or text, or bytes");
        require(path, node, "ttl", "an entry needs an end", "add `ttl: 10m`");
        hash(path, node);
        single(path, node);
        query(path, node);
      }
      case PLAIN -> {
        for (String key :
            new String[] {"columns", "as", "type", "query", "ttl", "jitter", "create"}) {
          refuse(path, node, key, mode, "remove it: the worker only evicts plain keys");
        }
      }
      case MIRROR -> {
        refuse(path, node, "again", mode, "remove it: nobody else writes a mirrored key");
        refuse(path, node, "type", mode, "remove it: applications read the value as it is");
        refuse(path, node, "query", mode, "use mode: fenced, whose values may be derived");
        refuse(path, node, "create", mode, "remove it: a mirrored key is always created");
        require(path, node, "ttl", "an entry needs an end", "add `ttl: 1d`");
      }
    }
    jitter(path, node);
  }

  private void refuse(ConfigPath path, JsonNode node, String key, Mode mode, String fix) {
    if (node.has(key)) {
      problems.add(path.child(key), "is not for mode " + mode.key(), fix);
    }
  }

  private void require(ConfigPath path, JsonNode node, String key, String why, String fix) {
    if (!node.has(key)) {
      problems.add(path.child(key), "is missing: " + why, fix);
    }
  }

  private void hash(ConfigPath path, JsonNode node) {
    if (node.path("as").asText().equals("hash")) {
      problems.add(
          path.child("as"),
          "a fenced entry is one string, which no hash can be",
          "use as: json, or mode: mirror");
    }
  }

  private void single(ConfigPath path, JsonNode node) {
    String type = node.path("type").asText();
    if (SINGLE.contains(type) && node.path("columns").size() != 1) {
      problems.add(
          path.child("columns"),
          "a value of type " + type + " is made of one column",
          "name that column, such as `columns: [body]`");
    }
  }

  private void query(ConfigPath path, JsonNode node) {
    JsonNode query = node.path("query");
    if (!query.isTextual()) {
      return;
    }
    if (!PLACEHOLDER.matcher(query.textValue()).matches()) {
      problems.add(
          path.child("query"),
          "names no column of the changed row, so that it would read everything each time",
          "restrict it, such as `WHERE id = ANY(:id)`");
    } else if (query.textValue().contains(";")) {
      problems.add(path.child("query"), "is more than one statement", "remove the semicolon");
    } else if (!query.textValue().matches("(?is)\\s*(select|with)\\b.*")) {
      problems.add(path.child("query"), "does not begin with SELECT or WITH", "write a SELECT");
    }
    if (node.path("ttl").isObject()) {
      problems.add(
          path.child("ttl"), "a derived value has no column of the row", "write a fixed ttl: 10m");
    }
  }

  private void jitter(ConfigPath path, JsonNode node) {
    if (node.has("jitter") && !node.path("ttl").isTextual() && node.has("ttl")) {
      problems.add(path.child("jitter"), "a life that a column tells is not changed", "remove it");
    }
  }
}
