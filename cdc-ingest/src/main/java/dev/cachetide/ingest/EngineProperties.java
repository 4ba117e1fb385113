package dev.cachetide.ingest;

import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.PostgresSettings;
import dev.cachetide.runtime.settings.TablePattern;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The engine's properties, all of them, and why.
 *
 * <p>The file's own come first and what Cachetide's guarantees rest on comes over them; the loader
 * refuses a file that names one of those, so nothing is overruled in silence.
 */
final class EngineProperties {

  private static final Pattern NOT_PLAIN = Pattern.compile("[^A-Za-z0-9_]");
  private static final Pattern GLOB_PIECE = Pattern.compile("[*?]|[^*?]+");

  private EngineProperties() {}

  static Map<String, String> of(
      PipelineSettings settings, PostgresSettings postgres, Collection<TablePattern> tables) {
    Map<String, String> properties = new HashMap<>(settings.ingest().debezium());
    properties.put("name", settings.names().pipeline());
    properties.put("topic.prefix", settings.names().pipeline());
    properties.put("connector.class", "io.debezium.connector.postgresql.PostgresConnector");
    putConnection(properties, postgres);
    putSlot(properties, settings);
    putTables(properties, tables);
    putEventForm(properties);
    putPace(properties, settings);
    return properties;
  }

  private static void putConnection(Map<String, String> properties, PostgresSettings postgres) {
    JdbcAddress address = JdbcAddress.parse(postgres.url());
    address.parameters().forEach((name, value) -> properties.put("driver." + name, value));
    postgres.properties().forEach((name, value) -> properties.put("driver." + name, value));
    properties.put("driver.connectTimeout", Long.toString(postgres.connectTimeout().toSeconds()));
    properties.put("database.hostname", address.host());
    properties.put("database.port", address.port());
    properties.put("database.dbname", address.database());
    properties.put("database.user", postgres.user());
    if (postgres.password() != null) {
      properties.put("database.password", postgres.password());
    }
  }

  /**
   * The slot is the only offset. A stored offset makes the engine skip, after a crash in the middle
   * of a transaction, events it never delivered. With an empty store and no snapshot it asks for
   * the slot's own confirmed position, and Postgres resends every transaction that was not
   * acknowledged whole.
   */
  private static void putSlot(Map<String, String> properties, PipelineSettings settings) {
    properties.put("offset.storage", "org.apache.kafka.connect.storage.MemoryOffsetBackingStore");
    properties.put("snapshot.mode", "no_data");
    properties.put("plugin.name", "pgoutput");
    properties.put("slot.name", settings.names().slot());
    properties.put("slot.drop.on.stop", "false");
    properties.put("publication.name", settings.names().publication());
    properties.put("publication.autocreate.mode", "disabled");
    // Only what was marked is flushed; the driver must not flush on keep-alives by itself.
    properties.put("lsn.flush.mode", "connector");
    // Trying again is the outer loop's, which checks the slot first. The engine's own restart
    // would start from its store.
    properties.put("errors.max.retries", "0");
    properties.put("slot.max.retries", "0");
  }

  private static void putTables(Map<String, String> properties, Collection<TablePattern> tables) {
    properties.put(
        "schema.include.list",
        tables.stream()
            .map(table -> schema(table.schema()))
            .distinct()
            .collect(Collectors.joining(",")));
    properties.put(
        "table.include.list",
        tables.stream()
            .map(table -> schema(table.schema()) + "\\." + regex(table.table()))
            .collect(Collectors.joining(",")));
  }

  private static void putEventForm(Map<String, String> properties) {
    properties.put("skipped.operations", "none");
    properties.put("tombstones.on.delete", "false");
    properties.put("decimal.handling.mode", "string");
    properties.put("binary.handling.mode", "hex");
    properties.put("time.precision.mode", "isostring");
    properties.put("interval.handling.mode", "string");
    properties.put("hstore.handling.mode", "json");
    properties.put("include.unknown.datatypes", "true");
    properties.put("provide.transaction.metadata", "false");
    // Logical messages of other programs are not row changes.
    properties.put("message.prefix.exclude.list", ".*");
  }

  private static void putPace(Map<String, String> properties, PipelineSettings settings) {
    long poll = Math.max(1, settings.ingest().pollInterval().toMillis());
    properties.put("poll.interval.ms", Long.toString(poll));
    // Our own heartbeat is a row: the engine's would not move the slot of a quiet database, and
    // its action query would run on the engine's thread, where a stalled standby blocks it.
    properties.put("heartbeat.interval.ms", "0");
    properties.put("record.processing.order", "ORDERED");
    properties.put("task.management.timeout.ms", "30000");
  }

  /** Cachetide's own tables are let through by name alone. */
  private static String schema(String glob) {
    String regex = regex(glob);
    return regex.equals(literally(glob)) ? regex : "(?!cachetide\\.|cachetide$)" + regex;
  }

  private static String regex(String glob) {
    return GLOB_PIECE
        .matcher(glob)
        .replaceAll(
            piece ->
                switch (piece.group()) {
                  case "*" -> ".*";
                  case "?" -> ".";
                  default -> Matcher.quoteReplacement(literally(piece.group()));
                });
  }

  /**
   * The name as a regular expression that matches nothing else; the lists are split at commas, so
   * none may stand in it.
   */
  private static String literally(String name) {
    return NOT_PLAIN
        .matcher(name)
        .replaceAll(match -> String.format("\\\\x{%x}", match.group().codePointAt(0)));
  }
}
