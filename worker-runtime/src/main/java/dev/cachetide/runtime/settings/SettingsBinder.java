package dev.cachetide.runtime.settings;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cachetide.wire.PipelineNames;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Turns a tree that passed every check into the records. */
final class SettingsBinder {

  /** The durations that another library counts in milliseconds, in 32 bits. */
  static final List<ConfigPath> MILLISECONDS =
      List.of(
          ConfigPath.of("postgres", "connectTimeout"),
          ConfigPath.of("postgres", "socketTimeout"),
          ConfigPath.of("redis", "timeout"),
          ConfigPath.of("ingest", "pollInterval"),
          ConfigPath.of("ingest", "heartbeat"),
          ConfigPath.of("ingest", "gateLimit"),
          ConfigPath.of("invalidation", "maxPollInterval"),
          ConfigPath.of("invalidation", "retryBackoffMax"),
          ConfigPath.of("invalidation", "drainTimeout"),
          ConfigPath.of("invalidation", "canaryLimit"),
          ConfigPath.of("writebehind", "maxPollInterval"),
          ConfigPath.of("writebehind", "retryBackoffMax"),
          ConfigPath.of("writebehind", "drainTimeout"),
          ConfigPath.of("writebehind", "batch", "linger"),
          ConfigPath.of("writebehind", "batch", "targetLatency"),
          ConfigPath.of("reload", "interval"));

  private SettingsBinder() {}

  static PipelineSettings bind(JsonNode config, RuleOrigins origins) {
    PipelineNames names = new PipelineNames(config.path("pipeline").asText());
    return new PipelineSettings(
        names,
        postgres(config.get("postgres")),
        kafka(config.get("kafka")),
        redis(config.get("redis")),
        ingest(config.path("ingest")),
        invalidation(config.path("invalidation"), Defaults.invalidation(names)),
        writeBehind(config.path("writebehind")),
        http(config.path("http")),
        rules(config.path("rules")),
        writes(config.path("writes")),
        reload(config.path("reload")),
        origins);
  }

  private static ReloadSettings reload(JsonNode node) {
    return new ReloadSettings(
        node.path("watch").asBoolean(Defaults.RELOAD.watch()),
        duration(node, "interval", Defaults.RELOAD.interval()));
  }

  private static @Nullable PostgresSettings postgres(@Nullable JsonNode node) {
    if (node == null) {
      return null;
    }
    JsonNode password = node.get("password");
    return new PostgresSettings(
        node.path("url").asText(),
        node.path("user").asText(),
        password == null ? null : password.asText(),
        duration(node, "connectTimeout", Defaults.POSTGRES_CONNECT_TIMEOUT),
        duration(node, "socketTimeout", Defaults.POSTGRES_SOCKET_TIMEOUT),
        scalars(node.path("properties"), Set.of()));
  }

  private static @Nullable KafkaSettings kafka(@Nullable JsonNode node) {
    return node == null
        ? null
        : new KafkaSettings(
            scalars(node, Set.of("producer", "consumer")),
            scalars(node.path("producer"), Set.of()),
            scalars(node.path("consumer"), Set.of()));
  }

  private static @Nullable RedisSettings redis(@Nullable JsonNode node) {
    return node == null
        ? null
        : new RedisSettings(
            node.path("url").asText(),
            duration(node, "timeout", Defaults.REDIS_TIMEOUT),
            node.path("cluster").asBoolean(Defaults.REDIS_CLUSTER),
            node.has("trustedCertificates")
                ? Path.of(node.path("trustedCertificates").asText())
                : null);
  }

  private static IngestSettings ingest(JsonNode node) {
    IngestSettings otherwise = Defaults.INGEST;
    return new IngestSettings(
        node.path("partitions").asInt(otherwise.partitions()),
        (short) node.path("replicationFactor").asInt(otherwise.replicationFactor()),
        duration(node, "retention", otherwise.retention()),
        duration(node, "pollInterval", otherwise.pollInterval()),
        duration(node, "heartbeat", otherwise.heartbeat()),
        duration(node, "gateLimit", otherwise.gateLimit()),
        scalars(node.path("debezium"), Set.of()));
  }

  private static InvalidationSettings invalidation(JsonNode node, InvalidationSettings otherwise) {
    String source = node.path("source").asText(otherwise.source().name());
    return new InvalidationSettings(
        InvalidationSettings.Source.valueOf(source.toUpperCase(Locale.ROOT)),
        node.path("topicPrefix").asText(otherwise.topicPrefix()),
        node.path("maxPollRecords").asInt(otherwise.maxPollRecords()),
        duration(node, "maxPollInterval", otherwise.maxPollInterval()),
        duration(node, "retryBackoffMax", otherwise.retryBackoffMax()),
        duration(node, "drainTimeout", otherwise.drainTimeout()),
        duration(node, "canaryLimit", otherwise.canaryLimit()));
  }

  private static WriteBehindSettings writeBehind(JsonNode node) {
    WriteBehindSettings otherwise = Defaults.WRITE_BEHIND;
    return new WriteBehindSettings(
        node.path("partitions").asInt(otherwise.partitions()),
        (short) node.path("replicationFactor").asInt(otherwise.replicationFactor()),
        duration(node, "retention", otherwise.retention()),
        node.path("maxPollRecords").asInt(otherwise.maxPollRecords()),
        duration(node, "maxPollInterval", otherwise.maxPollInterval()),
        duration(node, "retryBackoffMax", otherwise.retryBackoffMax()),
        duration(node, "drainTimeout", otherwise.drainTimeout()),
        batch(node.path("batch"), otherwise.batch()),
        duration(node, "idempotenceWindow", otherwise.idempotenceWindow()),
        duration(node, "receiptRetention", otherwise.receiptRetention()));
  }

  private static WriteBehindSettings.BatchSettings batch(
      JsonNode node, WriteBehindSettings.BatchSettings otherwise) {
    return new WriteBehindSettings.BatchSettings(
        node.path("maxRows").asInt(otherwise.maxRows()),
        node.path("maxBytes").asInt(otherwise.maxBytes()),
        duration(node, "linger", otherwise.linger()),
        duration(node, "targetLatency", otherwise.targetLatency()),
        node.path("maxRowsPerSecond").asInt(otherwise.maxRowsPerSecond()));
  }

  private static HttpSettings http(JsonNode node) {
    return new HttpSettings(
        node.path("host").asText(Defaults.HTTP.host()),
        node.path("port").asInt(Defaults.HTTP.port()));
  }

  private static List<RuleSettings> rules(JsonNode list) {
    List<RuleSettings> rules = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      JsonNode rule = list.path(i);
      ConfigPath path = ConfigPath.of("rules", i);
      rules.add(
          new RuleSettings(
              path.toString(),
              rule.path("name").asText(),
              rule.path("source").path("schema").asText(Defaults.SCHEMA),
              rule.path("source").path("table").asText(),
              rule.path("when"),
              evictions(rule.path("evict"), path.child("evict")),
              FanOutBinder.bind(rule.path("fan_out"), path.child("fan_out")),
              rule.path("skip_own_writes").asBoolean(false),
              rule.path("replica_identity").asText().equals("widen"),
              LimitBinder.bind(rule.path("limits"), path.child("limits")),
              RefreshBinder.bind(rule.path("refresh"), path.child("refresh"))));
    }
    return rules;
  }

  private static List<RuleSettings.EvictSettings> evictions(JsonNode list, ConfigPath path) {
    List<RuleSettings.EvictSettings> evictions = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      for (RuleSettings.Kind kind : RuleSettings.Kind.values()) {
        JsonNode template = list.path(i).path(kind.key());
        if (!template.isMissingNode()) {
          evictions.add(
              new RuleSettings.EvictSettings(
                  path.child(i).child(kind.key()).toString(), kind, template.asText()));
        }
      }
    }
    return evictions;
  }

  private static List<WriteTableSettings> writes(JsonNode list) {
    List<WriteTableSettings> writes = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      String table = list.path(i).path("table").asText();
      int dot = table.indexOf('.');
      writes.add(
          new WriteTableSettings(
              ConfigPath.of("writes", i).toString(),
              dot < 0 ? Defaults.SCHEMA : table.substring(0, dot),
              table.substring(dot + 1),
              list.path(i).path("key").valueStream().map(JsonNode::asText).toList(),
              conflicts(list.path(i)),
              list.path(i).path("version").asText(null)));
    }
    return writes;
  }

  private static WriteTableSettings.Conflicts conflicts(JsonNode write) {
    String text = write.path("conflicts").asText(Defaults.CONFLICTS.text());
    return Arrays.stream(WriteTableSettings.Conflicts.values())
        .filter(policy -> policy.text().equals(text))
        .findFirst()
        .orElseThrow();
  }

  private static Map<String, String> scalars(JsonNode mapping, Set<String> except) {
    Map<String, String> values = new HashMap<>();
    for (Map.Entry<String, JsonNode> entry : mapping.properties()) {
      if (!except.contains(entry.getKey())) {
        values.put(entry.getKey(), entry.getValue().asText());
      }
    }
    return values;
  }

  private static Duration duration(JsonNode node, String key, Duration otherwise) {
    return node.has(key) ? Durations.parse(node.path(key).asText()).orElseThrow() : otherwise;
  }
}
