package dev.cachetide.runtime.settings;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cachetide.runtime.settings.DangerousKeys.Danger;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Holds what is passed on to the clients against {@link DangerousKeys}. */
final class SecurityChecks {

  private static final ConfigPath POSTGRES = ConfigPath.of("postgres", "properties");
  private static final ConfigPath POSTGRES_URL = ConfigPath.of("postgres", "url");
  private static final ConfigPath REDIS_URL = ConfigPath.of("redis", "url");

  private final JsonNode config;
  private final Problems problems;

  SecurityChecks(JsonNode config, Problems problems) {
    this.config = config;
    this.problems = problems;
  }

  void run() {
    kafka(ConfigPath.of("kafka"));
    kafka(ConfigPath.of("kafka", "producer"));
    kafka(ConfigPath.of("kafka", "consumer"));
    postgres();
    parameters(REDIS_URL).forEach((key, value) -> add(REDIS_URL, DangerousKeys.redis(key, value)));
  }

  private void kafka(ConfigPath section) {
    scalars(section)
        .forEach((key, value) -> add(section.child(key), DangerousKeys.kafka(key, value)));
  }

  /** Of both places the driver takes what stands there, so one may depend on the other. */
  private void postgres() {
    Map<String, String> inUrl = parameters(POSTGRES_URL);
    Map<String, String> properties = scalars(POSTGRES);
    Map<String, String> all = new LinkedHashMap<>(properties);
    all.putAll(inUrl);
    properties.forEach(
        (key, value) -> add(POSTGRES.child(key), DangerousKeys.postgres(key, value, all)));
    inUrl.forEach((key, value) -> add(POSTGRES_URL, DangerousKeys.postgres(key, value, all)));
  }

  private void add(ConfigPath path, Optional<Danger> danger) {
    danger.ifPresent(each -> problems.add(path, each.message(), each.fix()));
  }

  private Map<String, String> scalars(ConfigPath section) {
    Map<String, String> scalars = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : section.in(config).properties()) {
      if (entry.getValue().isValueNode()) {
        scalars.put(entry.getKey(), entry.getValue().asText());
      }
    }
    return scalars;
  }

  /** What stands behind the question mark; what cannot be decoded is taken as it is. */
  private Map<String, String> parameters(ConfigPath url) {
    String text = url.in(config).asText("");
    Map<String, String> parameters = new LinkedHashMap<>();
    int mark = text.indexOf('?');
    int end = text.indexOf('#', Math.max(mark, 0));
    String query = mark < 0 ? "" : text.substring(mark + 1, end < 0 ? text.length() : end);
    for (String each : query.split("&", -1)) {
      int equals = each.indexOf('=');
      if (!each.isEmpty()) {
        parameters.put(
            decoded(equals < 0 ? each : each.substring(0, equals)),
            equals < 0 ? "" : decoded(each.substring(equals + 1)));
      }
    }
    return parameters;
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      // A stray percent sign: the client will refuse the address, or read it as it is.
      return text;
    }
  }
}
