package dev.cachetide.runtime.settings;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The keys of Kafka's clients and of Debezium that a file may not set, each with its reason. */
final class ReliedOnKeys {

  private static final Map<String, String> KAFKA = kafka();
  private static final Map<String, String> DEBEZIUM = debezium();

  private ReliedOnKeys() {}

  /** Why a key may not stand in {@code kafka}, {@code kafka.producer} or {@code kafka.consumer}. */
  static Optional<String> kafkaReason(String key) {
    return Optional.ofNullable(KAFKA.get(key));
  }

  /** Why a key may not stand in {@code ingest.debezium}. */
  static Optional<String> debeziumReason(String key) {
    return DEBEZIUM.entrySet().stream()
        .filter(entry -> matches(entry.getKey(), key))
        .map(Map.Entry::getValue)
        .findFirst();
  }

  private static boolean matches(String pattern, String key) {
    return pattern.endsWith("*")
        ? key.startsWith(pattern.substring(0, pattern.length() - 1))
        : key.equals(pattern);
  }

  private static Map<String, String> kafka() {
    Map<String, String> reasons = new LinkedHashMap<>();
    all(reasons, "nothing counts as published before every in-sync replica has it", "acks");
    all(
        reasons,
        "a repeated send must neither double nor reorder records",
        "enable.idempotence",
        "max.in.flight.requests.per.connection",
        "retries",
        "transactional.id");
    all(
        reasons,
        "the changes of one row must stay in one partition",
        "partitioner.class",
        "partitioner.ignore.keys");
    all(
        reasons,
        "records are bytes to the loop; the codecs are Cachetide's own",
        "key.serializer",
        "value.serializer",
        "key.deserializer",
        "value.deserializer");
    all(reasons, "offsets move only after the effect", "enable.auto.commit");
    all(reasons, "a lost offset must be answered, never skipped", "auto.offset.reset");
    all(reasons, "an aborted transaction must not take effect", "isolation.level");
    all(reasons, "the group is named after the pipeline", "group.id");
    all(
        reasons,
        "the loop's rebalancing and its health rest on the classic protocol",
        "group.protocol",
        "group.remote.assignor");
    all(reasons, "topics are created explicitly", "allow.auto.create.topics");
    all(
        reasons,
        "it is a setting of the worker: invalidation.maxPollRecords, writebehind.maxPollRecords",
        "max.poll.records");
    all(
        reasons,
        "it is a setting of the worker: invalidation.maxPollInterval, writebehind.maxPollInterval",
        "max.poll.interval.ms");
    return reasons;
  }

  private static Map<String, String> debezium() {
    Map<String, String> reasons = new LinkedHashMap<>();
    all(
        reasons,
        "the replication slot is the only offset; a stored one loses events",
        "offset.*",
        "snapshot.*",
        "lsn.flush.*");
    all(
        reasons,
        "slot and publication are named after the pipeline and checked before each start",
        "slot.name",
        "slot.drop.on.stop",
        "slot.failover",
        "publication.*",
        "plugin.name");
    all(
        reasons,
        "it comes from the section postgres",
        "database.hostname",
        "database.port",
        "database.user",
        "database.password",
        "database.dbname");
    all(
        reasons,
        "it comes from postgres.properties",
        "driver.*",
        "database.sslmode",
        "database.sslcert",
        "database.sslkey",
        "database.sslpassword",
        "database.sslrootcert",
        "database.sslfactory");
    all(
        reasons,
        "the captured tables are those of rules and writes",
        "table.*",
        "schema.include.list",
        "schema.exclude.list",
        "column.*",
        "message.key.columns");
    all(
        reasons,
        "topics are named <pipeline>.<schema>.<table>, and the workers look for them there",
        "topic.*",
        "transforms*",
        "predicates*");
    all(
        reasons,
        "the workers read values in this form",
        "decimal.handling.mode",
        "binary.handling.mode",
        "time.precision.mode",
        "interval.handling.mode",
        "hstore.handling.mode",
        "key.converter*",
        "value.converter*",
        "header.converter*",
        "converters",
        "post.processors*");
    all(
        reasons,
        "a TRUNCATE or a delete that is left out leaves stale entries",
        "skipped.operations",
        "tombstones.on.delete",
        "event.processing.failure.handling.mode",
        "errors.*");
    all(
        reasons,
        "it is a setting of ingest: ingest.pollInterval, ingest.heartbeat",
        "poll.interval.ms",
        "heartbeat.*");
    all(
        reasons,
        "it belongs to how ingest runs the engine",
        "name",
        "connector.class",
        "tasks.max",
        "provide.transaction.metadata",
        "record.processing.*");
    return reasons;
  }

  private static void all(Map<String, String> reasons, String reason, String... keys) {
    for (String key : keys) {
      reasons.put(key, reason);
    }
  }
}
