package dev.cachetide.invalidation;

import dev.cachetide.internal.fenced.Spared;
import dev.cachetide.runtime.settings.InvalidationSettings.Source;
import dev.cachetide.runtime.settings.PipelineSettings;
import dev.cachetide.runtime.settings.WriteTableSettings;
import dev.cachetide.runtime.settings.WriteTableSettings.Conflicts;
import dev.cachetide.wire.Headers;
import dev.cachetide.wire.TableName;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * The tables that applications write to through Kafka, and which of their dirty entries an event
 * spares. Immutable.
 *
 * <p>An echo takes along the writes of its partition up to its own. Somebody else's change takes
 * none where the log decides: the pending write will be applied on top of it. Where a conflict may
 * refuse the write, the change is what holds, and the entry leaves. Whatever is not told in full,
 * such as the echoes of a Debezium that is not Cachetide's, spares nothing, which is always safe.
 */
final class WrittenTables {

  private final String prefix;
  private final Map<TableName, Conflicts> tables;

  /** Tables whose write commands are in a topic. */
  WrittenTables(String writeTopic, Map<TableName, Conflicts> tables) {
    prefix = writeTopic + "/";
    this.tables = Map.copyOf(tables);
  }

  /** Those that the settings list, if the events tell echoes. */
  static WrittenTables of(PipelineSettings settings) {
    Map<TableName, Conflicts> tables = new HashMap<>();
    if (settings.invalidation().source() == Source.CACHETIDE) {
      for (WriteTableSettings each : settings.writes()) {
        tables.put(new TableName(each.schema(), each.table()), each.conflicts());
      }
    }
    return new WrittenTables(settings.names().writeTopic(), tables);
  }

  /**
   * The dirty entries that the evictions for an event leave.
   *
   * @param table whose row has changed; null when it is not known
   */
  Spared spared(@Nullable TableName table, ConsumerRecord<?, ?> event) {
    Conflicts conflicts = table == null ? null : tables.get(table);
    if (conflicts == null) {
      return Spared.NONE;
    }
    Header echo = event.headers().lastHeader(Headers.ECHO);
    if (echo != null) {
      return after(new String(echo.value(), StandardCharsets.UTF_8));
    }
    return conflicts == Conflicts.LOG_ORDER ? Spared.PENDING : Spared.NONE;
  }

  private Spared after(String echo) {
    String place = echo.startsWith(prefix) ? echo.substring(prefix.length()) : "";
    int slash = place.indexOf('/');
    try {
      return Spared.after(
          Integer.parseInt(place, 0, Math.max(slash, 0), 10),
          Long.parseLong(place, slash + 1, place.length(), 10));
    } catch (NumberFormatException e) {
      // Of another pipeline's topic, or of none: its offsets say nothing about ours.
      return Spared.NONE;
    }
  }
}
