package dev.cachetide.runtime.settings;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Collects the mistakes of one file, at most one for each path: what is wrong first hides what is
 * wrong because of it. Knows which values came from elsewhere and which must not be shown.
 */
final class Problems {

  private static final int SHOWN_CHARACTERS = 80;

  private final String file;
  private final Map<ConfigPath, Problem> byPath = new LinkedHashMap<>();
  private final Map<ConfigPath, String> variables = new HashMap<>();
  private final Set<ConfigPath> secrets = new HashSet<>();
  private RuleOrigins origins = RuleOrigins.IN_ONE_FILE;

  Problems(String file) {
    this.file = file;
  }

  void add(ConfigPath path, String message, String fix) {
    String variable = variables.get(path);
    String origin = variable == null ? "" : " (set by the environment variable " + variable + ")";
    byPath.putIfAbsent(path, new Problem(file, path.toString(), message + origin, fix));
  }

  /** Another file's as well. */
  void addAll(Problems others) {
    others.byPath.forEach(
        (path, problem) ->
            byPath.putIfAbsent(ConfigPath.of("ruleFiles", others.file, path.toString()), problem));
  }

  /** Some rules stand in files of their own. */
  void rulesCameFrom(RuleOrigins rules) {
    origins = rules;
  }

  /** Where a rule stands, for the author of another one. */
  String whereIs(ConfigPath path, ConfigPath from) {
    Problem there = origins.located(new Problem(file, path.toString(), "", ""));
    Problem here = origins.located(new Problem(file, from.toString(), "", ""));
    if (there.file().equals(here.file())) {
      return there.path();
    }
    boolean whole = there.path().equals(ConfigPath.ROOT.toString());
    return whole ? there.file() : there.path() + " of " + there.file();
  }

  /** Whether the value there, or one that holds it, is known to be wrong. */
  boolean cover(ConfigPath path) {
    return byPath.keySet().stream().anyMatch(wrong -> !wrong.isRoot() && path.startsWith(wrong));
  }

  boolean isEmpty() {
    return byPath.isEmpty();
  }

  List<Problem> list() {
    return new ArrayList<>(origins.located(new ArrayList<>(byPath.values())));
  }

  /** The value at {@code path} was set by an environment variable. */
  void setBy(String variable, ConfigPath path) {
    variables.put(path, variable);
  }

  /** The environment variable that set the value there; empty when the file did. */
  Optional<String> variable(ConfigPath path) {
    return Optional.ofNullable(variables.get(path));
  }

  /** The value at {@code path} came out of a secret store. */
  void secret(ConfigPath path) {
    secrets.add(path);
  }

  /** The value as a message may show it. */
  String shown(ConfigPath path, JsonNode value) {
    if (isSecret(path, value)) {
      return "(not shown)";
    }
    String text = value.isTextual() ? "'" + value.textValue() + "'" : value.toString();
    return text.length() <= SHOWN_CHARACTERS ? text : text.substring(0, SHOWN_CHARACTERS) + "…";
  }

  /** Whether nobody is to see the value there: by its name, where it came from, or its form. */
  boolean isSecret(ConfigPath path, JsonNode value) {
    String name = path.isRoot() ? "" : path.last().toLowerCase(Locale.ROOT);
    boolean named =
        name.contains("password")
            || name.contains("secret")
            || name.contains("jaas")
            || name.contains("credential")
            || name.contains("passphrase")
            || name.contains("token")
            || name.endsWith(".key");
    boolean address = value.isTextual() && value.textValue().matches("(?s).*(@|password=).*");
    return named || secrets.contains(path) || (address && name.equals("url"));
  }
}
