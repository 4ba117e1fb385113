package dev.cachetide.runtime.settings;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cachetide.key.KeyTemplate;
import dev.cachetide.runtime.settings.RuleSettings.EvictSettings;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a schema cannot say. Reads a tree that may be wrong in structure, so that every mistake is
 * found at once: what has another shape than expected is passed over, the schema has named it.
 */
final class SemanticChecks {

  /** Kafka and the JDBC driver count these in milliseconds, in 32 bits. */
  private static final Duration LONGEST = Duration.ofDays(24);

  private static final Pattern PORT =
      Pattern.compile("^rediss?://(?:[^@/]*@)?[^@/]*?:([0-9]{1,5})(?:[/?]|$)");

  /** What a rule can be there for. */
  private static final List<String> PURPOSES = List.of("evict", "refresh", "fan_out");

  private final JsonNode config;
  private final Problems problems;

  SemanticChecks(JsonNode config, Problems problems) {
    this.config = config;
    this.problems = problems;
  }

  void run(ConfigSchema schema, Set<Section> required) {
    for (Section section : Section.values()) {
      if (required.contains(section) && config.path(section.key()).isMissingNode()) {
        ConfigPath path = ConfigPath.of(section.key());
        problems.add(
            path,
            "is missing, and this program needs it",
            "add `" + path + ": " + schema.example(path) + "`");
      }
    }
    checkPassThrough();
    new SecurityChecks(config, problems).run();
    checkDurations();
    checkPostgresUrl();
    checkRedisUrl();
    checkUnique("rules", entry -> entry.path("name").asText(""), "two rules are named ");
    checkUnique("writes", SemanticChecks::qualified, "two entries name the table ");
    checkKeyColumns();
    checkVersions();
    checkTemplates();
    new RefreshChecks(config, problems).run();
    checkPurpose(schema);
  }

  /** A rule does at least one thing. */
  private void checkPurpose(ConfigSchema schema) {
    for (int i = 0; i < config.path("rules").size(); i++) {
      JsonNode rule = config.path("rules").path(i);
      ConfigPath path = ConfigPath.of("rules", i, "evict");
      if (rule.isObject() && PURPOSES.stream().noneMatch(rule::has)) {
        problems.add(
            path,
            "is missing",
            "add `evict: " + schema.example(path) + "` (" + schema.description(path) + ")");
      }
    }
  }

  private void checkTemplates() {
    for (int rule = 0; rule < config.path("rules").size(); rule++) {
      JsonNode evict = config.path("rules").path(rule).path("evict");
      for (int i = 0; i < evict.size(); i++) {
        for (RuleSettings.Kind kind : RuleSettings.Kind.values()) {
          checkTemplate(kind, ConfigPath.of("rules", rule, "evict", i, kind.key()));
        }
      }
      new FanOutChecks(config, problems).run(ConfigPath.of("rules", rule, "fan_out"));
      checkLimits(ConfigPath.of("rules", rule, "limits"));
    }
  }

  private void checkLimits(ConfigPath path) {
    LimitSettings limits = LimitBinder.bind(path.in(config), path);
    EvictSettings above = limits.above();
    if (above != null && path.child("above").child(above.kind().key()).in(config).isTextual()) {
      limits
          .refusal()
          .ifPresent(
              refused ->
                  problems.add(
                      path.child("above").child(above.kind().key()),
                      refused.message(),
                      refused.fix()));
    }
  }

  private void checkTemplate(RuleSettings.Kind kind, ConfigPath path) {
    JsonNode template = path.in(config);
    if (template.isTextual()
        && kind.compile(template.textValue()) instanceof KeyTemplate.Compilation.Refused refused) {
      problems.add(path, refused.message(), refused.fix());
    }
  }

  private void checkPassThrough() {
    refuse(ConfigPath.of("kafka"), ReliedOnKeys::kafkaReason);
    refuse(ConfigPath.of("kafka", "producer"), ReliedOnKeys::kafkaReason);
    refuse(ConfigPath.of("kafka", "consumer"), ReliedOnKeys::kafkaReason);
    refuse(ConfigPath.of("ingest", "debezium"), ReliedOnKeys::debeziumReason);
    for (String kind : new String[] {"producer", "consumer"}) {
      ConfigPath path = ConfigPath.of("kafka", kind, "bootstrap.servers");
      if (!path.in(config).isMissingNode()) {
        problems.add(path, "all clients use the same brokers", "move it to kafka");
      }
    }
  }

  private void refuse(ConfigPath section, Function<String, Optional<String>> reason) {
    section
        .in(config)
        .fieldNames()
        .forEachRemaining(
            key ->
                reason
                    .apply(key)
                    .ifPresent(
                        why ->
                            problems.add(
                                section.child(key),
                                "Cachetide sets '" + key + "' itself: " + why,
                                "remove it")));
  }

  private void checkDurations() {
    for (ConfigPath path : SettingsBinder.MILLISECONDS) {
      boolean tooLong =
          Durations.parse(path.in(config).asText(""))
              .filter(duration -> duration.compareTo(LONGEST) > 0)
              .isPresent();
      if (tooLong) {
        problems.add(
            path,
            problems.shown(path, path.in(config)) + " is longer than 24 days",
            "write a shorter duration, such as 30s");
      }
    }
  }

  private void checkPostgresUrl() {
    ConfigPath path = ConfigPath.of("postgres", "url");
    if (path.in(config).asText("").matches("(?i).*[?&](user|password)=.*")) {
      problems.add(
          path,
          "holds a user or a password, which would show wherever the address does",
          "use postgres.user and postgres.password");
    }
  }

  /** The refusals never show the value: it may hold a password. */
  private void checkRedisUrl() {
    ConfigPath path = ConfigPath.of("redis", "url");
    String url = path.in(config).asText("");
    Matcher port = PORT.matcher(url);
    if (port.find() && port.group(1) != null && Integer.parseInt(port.group(1)) > 65_535) {
      problems.add(path, "the port is above 65535", "write a port such as 6379");
    }
    if (url.startsWith("redis-sentinel:") && config.path("redis").path("cluster").asBoolean()) {
      problems.add(
          ConfigPath.of("redis", "cluster"),
          "is true, and redis.url names Sentinels, which a cluster has none of",
          "name one node of the cluster, or remove it");
    }
    try {
      URI unused = new URI(url);
    } catch (URISyntaxException e) {
      problems.add(
          path,
          "is no URL: it holds a character that must be escaped",
          "percent-encode special characters of user and password, such as %40 for @");
    }
  }

  private void checkUnique(String list, Function<JsonNode, String> name, String message) {
    Map<String, Integer> seen = new HashMap<>();
    for (int i = 0; i < config.path(list).size(); i++) {
      String named = name.apply(config.path(list).path(i));
      Integer first = named.isEmpty() ? null : seen.putIfAbsent(named, i);
      if (first != null) {
        String field = list.equals("rules") ? "name" : "table";
        problems.add(
            ConfigPath.of(list, i, field),
            message
                + "'"
                + named
                + "'; the first is "
                + problems.whereIs(ConfigPath.of(list, first), ConfigPath.of(list, i)),
            list.equals("rules") ? "give one of them another name" : "keep one of them");
      }
    }
  }

  private void checkKeyColumns() {
    for (int i = 0; i < config.path("writes").size(); i++) {
      Set<String> seen = new java.util.HashSet<>();
      JsonNode key = config.path("writes").path(i).path("key");
      for (int column = 0; column < key.size(); column++) {
        if (!seen.add(key.path(column).asText())) {
          problems.add(
              ConfigPath.of("writes", i, "key", column),
              "the column '" + key.path(column).asText() + "' is listed twice",
              "list each column once");
        }
      }
    }
  }

  /** Only versions find out optimistic conflicts, and only those. */
  private void checkVersions() {
    for (int i = 0; i < config.path("writes").size(); i++) {
      JsonNode write = config.path("writes").path(i);
      ConfigPath path = ConfigPath.of("writes", i, "version");
      boolean optimistic =
          write.path("conflicts").asText("").equals(WriteTableSettings.Conflicts.OPTIMISTIC.text());
      String version = write.path("version").asText("");
      if (optimistic && !write.has("version")) {
        problems.add(
            path,
            "is missing, and conflicts: optimistic compares it",
            "add `version: version`, a column that every change of a row raises");
      } else if (!optimistic && write.has("version")) {
        problems.add(path, "is used with conflicts: optimistic only", "add that, or remove it");
      } else if (write.path("key").valueStream().anyMatch(key -> key.asText().equals(version))) {
        problems.add(path, "the column '" + version + "' is in the key", "name another column");
      }
    }
  }

  /** The table with its schema; empty when the entry names none. */
  private static String qualified(JsonNode entry) {
    String table = entry.path("table").asText("");
    Supplier<String> inPublic = () -> table.isEmpty() ? "" : Defaults.SCHEMA + "." + table;
    return table.contains(".") ? table : inPublic.get();
  }
}
